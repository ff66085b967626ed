//! The console over plain HTTP: sessions, roles, cross-site requests, links.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use deltabook::access::authenticator::Access;
use deltabook::clock::Clock;
use deltabook::grpc::v1;
use reqwest::StatusCode;
use rust_decimal::Decimal;
use serde_json::json;

use super::store;
use crate::support::canary;
use crate::support::console::client::{self, Answer, ConsoleClient};
use crate::support::console::site::{ConsoleSite, TODAY, today};
use crate::support::keys::{GUARDED, keep_secret, with_key};
use crate::support::server::{TestServer, line};

const PAGES: [&str; 9] = [
    "/console/overview",
    "/console/movements",
    "/console/movements/1",
    "/console/customer?id=acme",
    "/console/retention",
    "/console/scheduled",
    "/console/periods",
    "/console/audit",
    "/console/deliveries",
];

const CLOSE: &[(&str, &str)] = &[("step", "close"), ("month", "2026-01"), ("reason", "for a test")];
const OVERRIDE: &[(&str, &str)] = &[("step", "confirm"), ("cause", "0"), ("type", "IGNORED"), ("reason", "for a test")];

/// What can be sent, with what it takes beside the token.
const FORMS: [(&str, &[(&str, &str)]); 5] = [
    ("/console/movements/1/override", OVERRIDE),
    ("/console/periods", CLOSE),
    ("/console/audit", &[]),
    ("/console/deliveries", &[("step", "redrive"), ("sink", "crm")]),
    ("/console/sign-out", &[]),
];

/// A site with one line, recorded before there were keys.
async fn site() -> ConsoleSite {
    let mut server = TestServer::start_at(store(), today()).await;
    server.record(vec![line("acme", "L1", json!({}))]).await.unwrap();
    ConsoleSite::of(server).await
}

async fn audit_count(site: &mut ConsoleSite) -> usize {
    let request = with_key(&site.reader.text, v1::ListAuditEntriesRequest { page_size: 1_000, ..Default::default() });
    site.server.finance.list_audit_entries(request).await.unwrap().into_inner().entries.len()
}

fn with_token<'f>(fields: &[(&'f str, &'f str)], token: &'f str) -> Vec<(&'f str, &'f str)> {
    fields.iter().copied().chain([("token", token)]).collect()
}

#[track_caller]
fn check_headers(answer: &Answer, path: &str) {
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                  base-uri 'none'";
    assert_eq!(answer.header("content-security-policy"), policy, "{path}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
    assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
    let is_asset = ["/console/style.css", "/console/icon.svg"].contains(&path);
    assert_eq!(answer.header("cache-control"), if is_asset { "max-age=3600" } else { "no-store" }, "{path}");
}

#[tokio::test]
async fn console_requires_a_session() {
    let mut site = site().await;
    let before = audit_count(&mut site).await;
    let stranger = ConsoleClient::of(&site.url);
    let mut forged = stranger.clone();
    forged.cookie = Some(format!("deltabook={}", "A".repeat(43)));
    for visitor in [&stranger, &forged] {
        for path in PAGES.into_iter().chain(["/console/export/movements.csv", "/console/nowhere"]) {
            let answer = visitor.get(path).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.location().starts_with("/console/sign-in"), "{path}: {}", answer.location());
            assert!(answer.text.is_empty());
            check_headers(&answer, path);
        }
        for (path, fields) in FORMS {
            let answer = visitor.post(path, fields).await;
            assert_eq!(
                (answer.status, answer.location().split('?').next()),
                (StatusCode::SEE_OTHER, Some("/console/sign-in")),
                "{path}"
            );
        }
    }
    for path in ["/console/sign-in", "/console/style.css", "/console/icon.svg"] {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        check_headers(&answer, path);
    }
    assert_eq!(audit_count(&mut site).await, before);
    site.close().await;
}

#[tokio::test]
async fn console_refuses_cross_site_and_stale_forms() {
    let mut site = site().await;
    let before = audit_count(&mut site).await;
    let visitor = ConsoleClient::signed_in(&site.url, &site.finance.text).await;
    let token = visitor.token().await;
    let another = ConsoleClient::signed_in(&site.url, &site.finance.text).await.token().await;
    let (origin, host) = (site.url.clone(), site.url.replace("http://", ""));
    let elsewhere = format!("http://{host}.evil.example");
    let foreign: [&[(&str, &str)]; 7] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", &elsewhere)],
        &[("origin", "null")],
        &[("origin", &origin), ("sec-fetch-site", "cross-site")],
        &[("origin", &origin), ("sec-fetch-site", "same-site")],
        &[("origin", &origin), ("sec-fetch-site", "none")],
    ];
    for (path, fields) in FORMS {
        let whole = with_token(fields, &token);
        for headers in foreign {
            let answer = visitor.post_with(path, &whole, headers).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            check_headers(&answer, path);
        }
        for wrong in ["", "nonsense", &another] {
            let answer = visitor.post(path, &with_token(fields, wrong)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {wrong}");
        }
        assert_eq!(visitor.post(path, fields).await.status, StatusCode::FORBIDDEN, "{path} without a token");
    }
    // Nor does another site sign in.
    let stranger = ConsoleClient::of(&site.url);
    for headers in foreign {
        let answer = stranger.post_with("/console/sign-in", &[("key", &site.admin.text)], headers).await;
        assert_eq!((answer.status, answer.ticket()), (StatusCode::FORBIDDEN, None), "{headers:?}");
    }
    assert_eq!(audit_count(&mut site).await, before);
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::OK);

    // The same forms from their own pages do what they say.
    for (path, fields) in FORMS {
        let answer = visitor.post(path, &with_token(fields, &token)).await;
        assert!(answer.status == StatusCode::SEE_OTHER || answer.status == StatusCode::OK, "{path} {}", answer.text);
    }
    // An override, a closed month.
    assert_eq!(audit_count(&mut site).await, before + 2);
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::SEE_OTHER);
    site.close().await;
}

#[tokio::test]
async fn console_session_cookie_is_opaque_and_strict() {
    let site = site().await;
    let set = async |site: &ConsoleSite, visitor: &ConsoleClient| {
        let answer = visitor.enter(&site.finance.text).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/console/overview"));
        let (cookie, ticket) = (answer.header("set-cookie").to_owned(), answer.ticket().unwrap());
        let (_, secret) = ticket.split_once('=').unwrap();
        // 256 bits that are not shown again.
        assert_eq!(secret.len(), 43);
        canary::also(secret);
        cookie.replace(secret, "*")
    };
    let visitor = ConsoleClient::of(&site.url);
    assert_eq!(set(&site, &visitor).await, "deltabook=*; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict");
    let mut visitor = ConsoleClient::signed_in(&site.url, &site.finance.text).await;
    let token = visitor.token().await;
    let left = visitor.post("/console/sign-out", &[("token", &token)]).await;
    assert_eq!(left.header("set-cookie"), "deltabook=; Path=/console; Max-Age=0; HttpOnly; SameSite=Strict");
    // Who keeps the cookie does not stay in.
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::SEE_OTHER);
    visitor.cookie = None;
    // Signing in leads on, but not away.
    for (next, then) in [
        ("/console/audit?actor=a%26b", "/console/audit?actor=a%26b"),
        ("https://evil.example/", "/console/overview"),
        ("//evil.example/console/", "/console/overview"),
        ("/console//evil.example", "/console/overview"),
        ("javascript:alert(1)", "/console/overview"),
    ] {
        let answer = visitor.post("/console/sign-in", &[("key", &site.reader.text), ("next", next)]).await;
        assert_eq!(answer.location(), then, "{next}");
    }
    site.close().await;

    // Behind a proxy that encrypts.
    let server = TestServer::start_with(store(), Clock::system(), GUARDED).await;
    let site = ConsoleSite::of(server).await;
    let visitor = ConsoleClient::of(&site.url);
    let expected = "__Host-deltabook=*; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure";
    assert_eq!(set(&site, &visitor).await, expected);
    // A cookie that another host of the domain could have set is ignored.
    let mut visitor = ConsoleClient::signed_in(&site.url, &site.finance.text).await;
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::OK);
    visitor.cookie = visitor.cookie.map(|cookie| cookie.replace("__Host-", ""));
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::SEE_OTHER);
    site.close().await;
}

#[tokio::test]
async fn console_session_expires() {
    let time: Arc<Mutex<DateTime<Utc>>> = Arc::new(Mutex::new(TODAY.parse().unwrap()));
    let clock = Clock::of({
        let time = Arc::clone(&time);
        move || *time.lock().unwrap()
    });
    let pass = |minutes| *time.lock().unwrap() += TimeDelta::minutes(minutes);
    let site = ConsoleSite::of(TestServer::start_at(store(), clock).await).await;
    let status = async |visitor: &ConsoleClient| visitor.get("/console/periods").await.status;
    let visitor = ConsoleClient::signed_in(&site.url, &site.reader.text).await;
    pass(29);
    assert_eq!(status(&visitor).await, StatusCode::OK);
    pass(30);
    assert_eq!(status(&visitor).await, StatusCode::SEE_OTHER);
    let visitor = ConsoleClient::signed_in(&site.url, &site.reader.text).await;
    for _ in 0..35 {
        pass(20);
        assert_eq!(status(&visitor).await, StatusCode::OK);
    }
    pass(20);
    assert_eq!(status(&visitor).await, StatusCode::SEE_OTHER, "after 12 hours");
    site.close().await;
}

#[tokio::test]
async fn console_session_ends_with_its_key() {
    let mut site = site().await;
    let visitor = ConsoleClient::signed_in(&site.url, &site.finance.text).await;
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::OK);
    let revoke = v1::RevokeKeyRequest { key_id: site.finance.id.to_string() };
    site.server.admin.revoke_key(with_key(&site.admin.text, revoke)).await.unwrap();
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::SEE_OTHER);
    let answer = visitor.enter(&site.finance.text).await;
    assert_eq!((answer.status, answer.ticket()), (StatusCode::UNAUTHORIZED, None));
    assert!(answer.text.contains("This API key was revoked."));
    site.close().await;
}

#[tokio::test]
async fn console_reader_has_no_write_actions() {
    let mut site = site().await;
    let before = audit_count(&mut site).await;
    let visitor = ConsoleClient::signed_in(&site.url, &site.reader.text).await;
    for path in PAGES {
        let page = visitor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for button in ["Reclassify", "Close month", "Reopen", "Redrive", "Enable"] {
            assert!(!page.text.contains(button), "{path} offers {button:?}");
        }
    }
    let token = visitor.token().await;
    for (path, fields) in
        FORMS.into_iter().filter(|(path, _)| !path.ends_with("/audit") && !path.ends_with("/sign-out"))
    {
        let answer = visitor.post(path, &with_token(fields, &token)).await;
        assert!(answer.text.contains("role READER may not do this"), "{path}: {} {}", answer.status, answer.text);
    }
    assert_eq!(audit_count(&mut site).await, before);
    site.close().await;
}

#[tokio::test]
async fn console_sign_in_refuses_wrong_keys_alike() {
    let site = site().await;
    let visitor = ConsoleClient::of(&site.url);
    let mut output = Vec::new();
    for number in 0..40 {
        let key = format!("dbk_{}_{}", "0".repeat(24), format!("{number:02}").repeat(22));
        let answer = visitor.enter(&key[..72]).await;
        assert_eq!((answer.status, answer.ticket()), (StatusCode::UNAUTHORIZED, None));
        assert!(!answer.text.contains(&key[30..60]), "the key comes back");
        output.push(answer.text.contains("This API key is not valid."));
        if !output.last().unwrap() {
            assert!(answer.text.contains("Too many failed attempts from your address."), "{}", answer.text);
        }
    }
    // Thirty in a minute, and what the minute gives back.
    let found_out = output.iter().position(|is_looked_up| !is_looked_up);
    assert!(found_out.is_some_and(|tries| (30..=35).contains(&tries)), "{output:?}");
    site.close().await;
}

#[tokio::test]
async fn console_without_keys_is_open_to_loopback_alone() {
    let mut server = TestServer::start_with(store(), Clock::system(), Access::OPEN).await;
    let url = format!("http://{}", server.address);
    let visitor = ConsoleClient::of(&url);
    assert!(visitor.get("/console/sign-in").await.text.contains("No API key exists yet"));
    let named = |host: &'static str| [("host", host), ("origin", "http://rebound.example")];
    let elsewhere = visitor.get_with("/console/sign-in", &named("rebound.example")).await;
    assert!(!elsewhere.text.contains("No API key exists yet"));
    let answer = visitor.post_with("/console/sign-in", &[("key", "")], &named("rebound.example")).await;
    assert_eq!((answer.status, answer.ticket()), (StatusCode::UNAUTHORIZED, None));

    let visitor = ConsoleClient::signed_in(&url, "").await;
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::OK);
    let answer = visitor.get_with("/console/overview", &named("rebound.example")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "a name of another host");
    // From the first key on, one is required, also in sessions from before.
    let request = v1::CreateKeyRequest { name: "first".into(), role: v1::Role::Reader.into(), expires_at: None };
    let key = server.admin.create_key(request).await.unwrap().into_inner().secret;
    keep_secret(&key);
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::SEE_OTHER);
    assert_eq!(ConsoleClient::of(&url).enter("").await.status, StatusCode::UNAUTHORIZED);
    let visitor = ConsoleClient::signed_in(&url, &key).await;
    assert_eq!(visitor.get("/console/overview").await.status, StatusCode::OK);
    server.finish().await;
}

/// What stands in an attribute, as it is followed.
fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// An amount as pages show it: `−1,299.90 USD`.
fn amount(shown: &str) -> Decimal {
    let shown = shown.split(' ').next().unwrap();
    shown.replace(',', "").replace('−', "-").trim_start_matches('+').parse().unwrap()
}

/// The cells of the waterfall that lead somewhere: where, and what they say.
fn cells(page: &str) -> Vec<(String, Decimal)> {
    let links = page.split("<td><a href=\"/console/movements?").skip(1).map(|rest| {
        let (link, rest) = rest.split_once("\">").unwrap();
        (format!("/console/movements?{}", unescaped(link)), amount(rest.split('<').next().unwrap()))
    });
    links.collect()
}

/// What the movements of a list add up to, on all its pages.
async fn total(visitor: &ConsoleClient, link: &str) -> Decimal {
    let (mut sum, mut next) = (Decimal::ZERO, Some(link.to_owned()));
    while let Some(link) = next {
        let page = visitor.get(&link).await.text;
        let (_, body) = page.split_once("<tbody>").unwrap_or_else(|| panic!("{link} lists nothing:\n{page}"));
        for row in body.split("<tr>").skip(1) {
            let (_, change) = row.split_once("<td class=\"number\">").unwrap();
            sum += amount(change.split('<').next().unwrap());
        }
        let (before, _) = page.split_once("\">Next page</a>").unzip();
        next = before.map(|before| unescaped(before.rsplit("href=\"").next().unwrap()));
    }
    sum
}

#[tokio::test]
async fn console_waterfall_amounts_link_to_their_movements() {
    let mut site = ConsoleSite::with_demo(store()).await;
    // With adjustments of closed months, reversals among them.
    site.decide().await;
    let visitor = ConsoleClient::signed_in(&site.url, &site.reader.text).await;
    let mut followed = 0;
    for level in ["CUSTOMER", "CONTRACT"] {
        for how in [
            "by=MONTH&group=SUBCATEGORY",
            "by=QUARTER&group=ITEM",
            "by=YEAR&group=CUSTOMER",
            "by=MONTH&view=RESTATED&group=CUSTOMER",
        ] {
            let path = format!("/console/overview?from=2025-01&to=2026-12&level={level}&{how}");
            let page = visitor.get(&path).await.text;
            let cells = cells(&page);
            assert!(cells.len() > 15, "{path}: {}", cells.len());
            followed += cells.len();
            for (link, shown) in cells {
                assert_eq!(total(&visitor, &link).await, shown, "{path}: {link}");
            }
        }
    }
    assert!(followed > 200, "{followed}");
    site.close().await;
}

#[tokio::test]
async fn services_refuse_cross_site_requests() {
    // Open: no key is required.
    let server = TestServer::start(store()).await;
    let url = format!("http://{}/deltabook.v1.AdminService/ListKeys", server.address);
    let as_browsers_do = client::client();
    let in_http_2 =
        || reqwest::Client::builder().http2_prior_knowledge().no_proxy().tls_certs_only([]).build().unwrap();
    let call = async |client: &reqwest::Client, kind: &str| {
        let request = client.post(&url).header("content-type", kind).header("te", "trailers").body(vec![0_u8; 5]);
        request.send().await.unwrap().status()
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/grpc", "application/grpc+proto"] {
        assert_eq!(call(&as_browsers_do, kind).await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    assert_eq!(call(&in_http_2(), "text/plain").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(call(&in_http_2(), "application/grpc").await, StatusCode::OK);
    server.finish().await;
}
