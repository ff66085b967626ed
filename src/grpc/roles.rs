//! Roles by method: one table, built from the options in `proto/`. A method that is not in the table is refused to all
//! callers.

use std::fmt::Write as _;

use tonic::Status;

use crate::domain::role::Role;
use crate::grpc::status;

/// Methods of the services by path, each with the roles that may call it besides ADMIN.
const METHODS: &[(&str, &[Role])] = &include!(concat!(env!("OUT_DIR"), "/roles.rs"));

/// Methods of standard services: health needs no key, reflection needs a key of any role.
const HEALTH: &str = "/grpc.health.v1.Health/";
const REFLECTION: [&str; 2] = ["/grpc.reflection.v1.ServerReflection/", "/grpc.reflection.v1alpha.ServerReflection/"];

/// Requirement for calling a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    Nothing,
    AnyKey,
    /// A key with one of these roles, or ADMIN.
    Roles(&'static [Role]),
}

/// Finds the requirement for the method of a path; None: there is no such method.
#[must_use]
pub fn needed(path: &str) -> Option<Needed> {
    if let Ok(place) = METHODS.binary_search_by_key(&path, |(method, _)| method) {
        return METHODS.get(place).map(|(_, roles)| Needed::Roles(roles));
    }
    if path.starts_with(HEALTH) {
        return Some(Needed::Nothing);
    }
    REFLECTION.iter().any(|service| path.starts_with(service)).then_some(Needed::AnyKey)
}

/// Tells if a role meets the requirement; ADMIN always does.
#[must_use]
pub fn is_allowed(role: Role, allowed: &[Role]) -> bool {
    role == Role::Admin || allowed.contains(&role)
}

/// Tells if a role may call the method of a path.
#[must_use]
pub fn may(path: &str, role: Role) -> bool {
    check(path, role).is_ok()
}

/// Checks a role, with the status for the caller.
pub(super) fn check(path: &str, role: Role) -> Result<(), Status> {
    match needed(path) {
        Some(Needed::Roles(allowed)) if !is_allowed(role, allowed) => Err(status::role_not_allowed(role, allowed)),
        Some(_) => Ok(()),
        None => Err(Status::unimplemented("there is no such method")),
    }
}

/// Renders the table in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| method |");
    for role in Role::ALL {
        let _written = write!(text, " {role} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(Role::ALL.len()));
    for (path, allowed) in METHODS {
        let _written = write!(text, "\n| `{}` |", path.trim_start_matches('/'));
        for role in Role::ALL {
            text.push_str(if is_allowed(*role, allowed) { " yes |" } else { " |" });
        }
    }
    text.push('\n');
    text
}
