//! Where the pages are, and the links between them.

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
pub const SCHEDULED: &str = "/console/coming-up";
pub const PERIODS: &str = "/console/periods";
pub const AUDIT: &str = "/console/audit";
pub const DELIVERIES: &str = "/console/deliveries";
pub const EXPORT: &str = "/console/export/{file}";

/// A path with a query; what is empty is left out.
pub fn with<'p>(path: &str, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

pub fn movement(id: &str) -> String {
    format!("{MOVEMENTS}/{id}")
}

pub fn overriding(id: &str) -> String {
    format!("{MOVEMENTS}/{id}/override")
}

pub fn customer(id: &str) -> String {
    with(CUSTOMER, [("id", id)])
}

/// A file such as `movements.csv`.
pub fn export(file: &str) -> String {
    format!("/console/export/{file}")
}

/// To sign in, and then go on to a page.
pub fn sign_in(next: Option<&str>) -> String {
    with(SIGN_IN, [("next", next.filter(|next| is_own(next) && *next != OVERVIEW).unwrap_or_default())])
}

/// Whether a link leads to a page of the console.
pub fn is_own(link: &str) -> bool {
    let rest = link.strip_prefix(crate::grpc::auth::PAGES).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && !link.contains("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_everything_and_nothing_more() {
        let of = |value| with(MOVEMENTS, [("customer", value), ("level", "")]);
        assert_eq!(of("a b&c=\"d\""), "/console/movements?customer=a+b%26c%3D%22d%22");
        assert_eq!(of(""), "/console/movements");
    }

    #[test]
    fn nobody_is_sent_to_another_site_after_signing_in() {
        for own in ["/console/overview", "/console/movements?level=CUSTOMER&x=%2F%2Fa"] {
            assert!(is_own(own), "{own}");
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
            assert!(!is_own(other), "{other}");
        }
    }
}
