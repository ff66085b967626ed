//! Paths of the pages, and links to them.

use url::form_urlencoded::Serializer;

pub const OVERVIEW: &str = "/console/overview";
pub const SIGN_IN: &str = "/console/sign-in";
pub const SIGN_OUT: &str = "/console/sign-out";
pub const STYLE: &str = "/console/style.css";
pub const ICON: &str = "/console/icon.svg";
pub const MOVEMENTS: &str = "/console/movements";
pub const MOVEMENT: &str = "/console/movements/{id}";
pub const OVERRIDE: &str = "/console/movements/{id}/override";
pub const CUSTOMER: &str = "/console/customer";
pub const RETENTION: &str = "/console/retention";
pub const SCHEDULED: &str = "/console/scheduled";
pub const PERIODS: &str = "/console/periods";
pub const AUDIT: &str = "/console/audit";
pub const DELIVERIES: &str = "/console/deliveries";
pub const EXPORT: &str = "/console/export/{file}";

/// A path with a query string; empty values are omitted.
pub fn with_query<'p>(path: &str, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

pub fn movement(id: &str) -> String {
    format!("{MOVEMENTS}/{id}")
}

pub fn override_form(id: &str) -> String {
    format!("{MOVEMENTS}/{id}/override")
}

pub fn customer(id: &str) -> String {
    with_query(CUSTOMER, [("id", id)])
}

/// The path of an export such as `movements.csv`.
pub fn export(file: &str) -> String {
    format!("/console/export/{file}")
}

/// The sign-in page, with the page to return to.
pub fn sign_in(next: Option<&str>) -> String {
    with_query(SIGN_IN, [("next", next.filter(|next| is_internal(next) && *next != OVERVIEW).unwrap_or_default())])
}

/// Tests that a link stays within the console.
pub fn is_internal(link: &str) -> bool {
    let rest = link.strip_prefix(crate::grpc::auth::PAGES).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && !link.contains("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_encode_values_and_omit_empty_ones() {
        let of = |value| with_query(MOVEMENTS, [("customer", value), ("level", "")]);
        assert_eq!(of("a b&c=\"d\""), "/console/movements?customer=a+b%26c%3D%22d%22");
        assert_eq!(of(""), "/console/movements");
    }

    #[test]
    fn sign_in_redirects_within_the_console_only() {
        for own in ["/console/overview", "/console/movements?level=CUSTOMER&x=%2F%2Fa"] {
            assert!(is_internal(own), "{own}");
        }
        for other in [
            "//evil.example",
            "https://evil.example",
            "/console//evil.example",
            "/console",
            "/console/\\evil",
            "/console/a\nb",
            "",
        ] {
            assert!(!is_internal(other), "{other}");
        }
    }
}
