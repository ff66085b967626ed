//! Protection of all pages: rejects cross-site requests (CSRF) and sets security headers.

use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::console::error_page::ErrorPage;

/// No scripts, no resources of other hosts, no framing; forms post to this host only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: browsers would send forms with the origin `null`.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Middleware: rejects cross-site requests and adds the headers.
pub(super) async fn protect(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if is_safe || is_same_origin(request.headers(), request.uri().authority().map(Authority::as_str))
    {
        next.run(request).await
    } else {
        let text = "This request came from another site. Open the page here and submit its form.";
        ErrorPage::new(StatusCode::FORBIDDEN, text).into_page(None)
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Tests the browser's statement that the request comes from a page of this site. `SameSite` cookies give the same
/// protection; this check also holds in browsers whose implementation of it is faulty.
fn is_same_origin(headers: &HeaderMap, authority: Option<&str>) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let host = text(header::HOST).or(authority);
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

/// The host name of a request, without the port.
pub(super) fn host<'r>(headers: &'r HeaderMap, authority: Option<&'r str>) -> &'r str {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).or(authority).unwrap_or_default();
    let without_port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    without_port.map_or(host, |(name, _)| name)
}

/// Tests that a host name can only mean this machine. Any other name can resolve here too (DNS rebinding).
pub(super) fn is_loopback_name(host: &str) -> bool {
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
    fn forms_are_accepted_from_the_same_origin_only() {
        let is_own = |pairs: &[_]| is_same_origin(&headers(pairs), None);
        assert!(is_own(&[("host", "a.example:8080"), ("origin", "https://a.example:8080")]));
        assert!(is_own(&[("host", "a.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!is_own(&[("host", "a.example"), ("origin", "https://b.example")]));
        assert!(!is_own(&[("host", "a.example"), ("origin", "null")]));
        assert!(!is_own(&[("host", "a.example"), ("origin", "https://a.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!is_own(&[("host", "a.example"), ("sec-fetch-site", "same-site")]));
        assert!(!is_own(&[("host", "a.example")]));
        assert!(is_same_origin(&headers(&[("origin", "https://a.example:8443")]), Some("a.example:8443")));
        assert!(!is_same_origin(&headers(&[("origin", "https://a.example")]), Some("a.example:8443")));
    }

    #[test]
    fn only_loopback_names_mean_this_machine() {
        let is_own = |text: &'static str| is_loopback_name(host(&headers(&[("host", text)]), None));
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
