//! What is around all pages: nothing is asked of them by other sites, and browsers are told to let nothing else in.

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::console::error_page::Problem;

/// No script at all, nothing of other hosts, no frame; forms lead here.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not "no-referrer": forms would have no origin.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Lets a request through to its page.
pub(super) async fn around(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response =
        if is_safe || is_of_this_site(request.headers(), request.uri().authority().map(Authority::as_str)) {
            next.run(request).await
        } else {
            let said = "This request came from another site, or from a program. Open the page here, and send its form.";
            Problem::new(StatusCode::FORBIDDEN, said).into_page(None)
        };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a browser says that a page of this site sends this. Cookies are not sent from other sites either; browsers
/// have been wrong about that.
fn is_of_this_site(headers: &HeaderMap, authority: Option<&str>) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let host = text(header::HOST).or(authority);
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

/// The name of the host that a request is for, without the port.
pub(super) fn host<'r>(headers: &'r HeaderMap, authority: Option<&'r str>) -> &'r str {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).or(authority).unwrap_or_default();
    let without_port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    without_port.map_or(host, |(name, _)| name)
}

/// Whether a host can only be this machine. A name that somebody else answers for may lead here too.
pub(super) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_pages_of_this_site_send_forms() {
        let is_own = |pairs: &[_]| is_of_this_site(&headers(pairs), None);
        assert!(is_own(&[("host", "a.example:8080"), ("origin", "https://a.example:8080")]));
        assert!(is_own(&[("host", "a.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!is_own(&[("host", "a.example"), ("origin", "https://b.example")]));
        assert!(!is_own(&[("host", "a.example"), ("origin", "null")]));
        assert!(!is_own(&[("host", "a.example"), ("origin", "https://a.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!is_own(&[("host", "a.example"), ("sec-fetch-site", "same-site")]));
        assert!(!is_own(&[("host", "a.example")]));
        assert!(is_of_this_site(&headers(&[("origin", "https://a.example:8443")]), Some("a.example:8443")));
        assert!(!is_of_this_site(&headers(&[("origin", "https://a.example")]), Some("a.example:8443")));
    }

    #[test]
    fn a_name_that_others_answer_for_is_not_this_machine() {
        let is_own = |text: &'static str| is_this_machine(host(&headers(&[("host", text)]), None));
        for own in ["localhost", "localhost:50051", "127.0.0.1:50051", "127.1.2.3", "[::1]:50051", "[::1]"] {
            assert!(is_own(own), "{own}");
        }
        for other in
            ["evil.example", "localhost.evil.example:80", "192.0.2.1", "[2001:db8::1]:1", "", "127.0.0.1.nip.io"]
        {
            assert!(!is_own(other), "{other}");
        }
    }
}
