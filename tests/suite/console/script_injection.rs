//! Text of the books is shown on pages, and never run.

use std::sync::Arc;

use deltabook::access::authenticator::Access;
use deltabook::domain::ids::TenantId;
use deltabook::domain::role::Role;
use deltabook::events::sink::DeliveryOutcome;
use deltabook::grpc::v1;
use deltabook::tenants::tenant_runtime::Sending;
use serde_json::json;

use super::injection_payloads::PAYLOADS;
use crate::support::console::browser::Browser;
use crate::support::console::client::ConsoleClient;
use crate::support::console::site::{ConsoleSite, receiver, today};
use crate::support::keys::with_key;
use crate::support::ledger::ScriptedSink;
use crate::support::server::{TestServer, fact, line};
use crate::support::store;

/// Without what ids cannot have.
fn visible(payload: &str) -> String {
    let is_visible = |c: &char| !c.is_whitespace() && !matches!(c, '\u{202e}' | '\u{2066}' | '\u{feff}');
    payload.chars().filter(is_visible).take(120).collect()
}

/// Apart from all others: `x` is the kind of thing that it names.
fn id(x: &str, number: usize, payload: &str) -> String {
    format!("{x}{number}{}", visible(payload))
}

/// The payload in every text that a customer has.
fn facts(number: usize, payload: &str) -> Vec<v1::Fact> {
    let customer = id("c", number, payload);
    let [subscription, line_id, order, charge] = ["s", "l", "o", "p"].map(|x| id(x, number, payload));
    vec![
        fact(json!({ "customer": {
            "customer_id": customer, "name": payload, "identity": id("k", number, payload),
            "attributes": { payload: payload, "plain": payload },
        }})),
        line(
            &customer,
            &line_id,
            json!({
                "subscription_id": subscription, "item_id": visible(payload), "start_date": "2023-01-01",
            }),
        ),
        fact(json!({ "change_order": {
            "change_order_id": order, "customer_id": customer, "subscription_id": subscription, "memo": payload,
            "effective_date": "2027-02-01", "type": "MODIFY_PRICING", "entries": [{ "line_id": line_id, "quantity": "2" }],
        }})),
        fact(json!({ "charge": {
            "charge_id": charge, "customer_id": customer, "status": "SUCCEEDED", "amount": "1", "currency": "USD",
            "occurred_at": "2026-01-01T00:00:00Z", "description": payload,
        }})),
    ]
}

/// A receiver that answers with the payload of the customer.
fn refusing() -> Arc<ScriptedSink> {
    let refusing = ScriptedSink::new();
    refusing.answers(|event| {
        let is_of = |(number, payload): &(usize, &&str)| id("c", *number, payload) == event.envelope.customer_id;
        let (_, payload) = PAYLOADS.iter().enumerate().find(is_of).unwrap();
        DeliveryOutcome::Refused { reason: (*payload).to_owned() }
    });
    refusing
}

/// The payload in every text of a decision.
async fn decide(site: &mut ConsoleSite, number: usize, payload: &str) {
    let movement = site.movement(&id("c", number, payload), v1::ImpactSubcategory::NewCustomer).await;
    let (key, reason) = (site.finance.text.clone(), payload.to_owned());
    let request = v1::OverrideModificationTypeRequest {
        customer_id: movement.customer_id,
        cause: movement.causes.into_iter().next(),
        modification_type: v1::ModificationType::Ignored.into(),
        reason: reason.clone(),
        ..v1::OverrideModificationTypeRequest::default()
    };
    site.server.finance.override_modification_type(with_key(&key, request)).await.unwrap();
    let month = format!("{}-{:02}", 2023 + number / 12, number % 12 + 1);
    let close = v1::ClosePeriodRequest { month: month.clone(), reason: reason.clone(), ..Default::default() };
    site.server.finance.close_period(with_key(&key, close.clone())).await.unwrap();
    let reopen = v1::ReopenPeriodRequest { month, reason: reason.clone(), ..Default::default() };
    site.server.finance.reopen_period(with_key(&site.admin.text, reopen)).await.unwrap();
    site.server.finance.close_period(with_key(&key, close)).await.unwrap();
    let create = v1::CreateKeyRequest {
        name: id("n", number, payload),
        role: v1::Role::Reader.into(),
        ..v1::CreateKeyRequest::default()
    };
    site.server.admin.create_key(with_key(&site.admin.text, create)).await.unwrap();
    let policy = v1::UpdateTenantPolicyRequest {
        lapse_grace_days: Some(i32::try_from(number % 2 + 1).unwrap()),
        reason,
        ..v1::UpdateTenantPolicyRequest::default()
    };
    site.server.admin.update_tenant_policy(with_key(&site.admin.text, policy)).await.unwrap();
}

/// Opens a page, on which nothing may run and nothing be kept back; gives all that it says.
async fn open(browser: &Browser, path: &str) -> String {
    browser.goto(path).await;
    read(browser, path).await
}

async fn read(browser: &Browser, path: &str) -> String {
    let alarms = browser.alarms().await;
    assert!(alarms.is_empty(), "{path}: {alarms:?}");
    let scripts =
        "return document.querySelectorAll('script, iframe, object, embed, base, meta[http-equiv], math').length";
    assert_eq!(browser.run(scripts, json!([])).await, 0, "{path}");
    assert!(browser.path().await.starts_with("/console/"), "{path}");
    // Also what is folded, and what is in fields.
    let text = "return document.documentElement.textContent + ' ' +
        [...document.querySelectorAll('input, textarea')].map(it => it.value).join(' ')";
    browser.run(text, json!([])).await.as_str().unwrap().to_owned()
}

#[track_caller]
fn says(text: &str, path: &str, expected: &str) {
    assert!(text.contains(expected), "{path} does not say {expected:?}:\n{text}");
}

#[tokio::test]
async fn console_shows_injected_scripts_as_text() {
    let sending = Sending { sinks: vec![receiver("crm", refusing())], ..Sending::default() };
    let mut server = TestServer::start_sending(store::sqlite(), today(), Access::OPEN, sending).await;
    for (number, payload) in PAYLOADS.iter().enumerate() {
        server.record(facts(number, payload)).await.unwrap();
    }
    let mut site = ConsoleSite::of(server).await;
    for (number, payload) in PAYLOADS.iter().enumerate() {
        decide(&mut site, number, payload).await;
    }
    site.wait_for(|sinks| sinks.iter().any(|it| it.dead_count >= 40)).await;
    let browser = Browser::open(&site.url).await;
    browser.goto("/console/sign-in").await;
    browser.write("//input[@name='key']", &site.admin.text).await;
    browser.follow("//button[.='Sign in']").await;

    for (number, payload) in PAYLOADS.iter().enumerate() {
        let customer = id("c", number, payload);
        let path = url::form_urlencoded::Serializer::new("/console/customer?".to_owned())
            .append_pair("id", &customer)
            .finish();
        let text = open(&browser, &path).await;
        for x in ["c", "s", "l", "o", "p", "k"] {
            says(&text, &path, &id(x, number, payload));
        }
        says(&text, &path, &visible(payload));
        // Name, attributes (one by this name), memo, reason, charge.
        assert!(text.matches(payload).count() >= 6, "{path}: {text}");
        let movement = site.movement(&customer, v1::ImpactSubcategory::Ignored).await.movement_id;
        let path = format!("/console/movements/{movement}");
        says(&open(&browser, &path).await, &path, &customer);
        // Every fifth all the way to the preview, which keeps it in hidden fields.
        if number % 5 == 4 {
            let path = format!("/console/movements/{movement}/override");
            says(&open(&browser, &path).await, &path, payload);
            let fill_in = "
                document.querySelector('[name=type][value=UPSELL_OR_DOWNSELL]').click();
                document.querySelector('textarea').value = arguments[0];
                document.querySelector('[value=preview]').click()";
            browser.run_away(fill_in, json!([payload])).await;
            browser.one("//h1[.='Preview of the reclassification']").await;
            says(&read(&browser, &path).await, &path, payload.trim());
        }
    }
    lists(&browser).await;
    addresses(&browser).await;
    let complaints = browser.complaints().await;
    let refused: Vec<&String> = complaints.iter().filter(|it| it.contains("Content Security Policy")).collect();
    assert!(refused.is_empty(), "{refused:?}");
    drop(browser);
    spreadsheet(&site).await;
    site.close().await;
}

/// Pages on which many are together.
async fn lists(browser: &Browser) {
    for first in [
        "/console/movements",
        "/console/audit",
        "/console/scheduled?until=2027-12-31",
        "/console/customer",
        "/console/periods",
        "/console/deliveries?sink=crm&state=DEAD",
        "/console/overview?from=2023-01&to=2026-12",
    ] {
        let (mut all, mut path) = (String::new(), first.to_owned());
        loop {
            all.push_str(&open(browser, &path).await);
            let next =
                "const next = [...document.querySelectorAll('nav.pages a')].find(it => it.textContent === 'Next page');
                return next ? next.getAttribute('href') : null";
            match browser.run(next, json!([])).await.as_str() {
                Some(next) => next.clone_into(&mut path),
                None => break,
            }
        }
        for (number, payload) in PAYLOADS.iter().enumerate() {
            match first {
                "/console/audit" => {
                    assert!(all.matches(payload).count() >= 5, "{first}: {payload}");
                    says(&all, first, &id("n", number, payload));
                }
                "/console/periods" => says(&all, first, payload),
                "/console/overview?from=2023-01&to=2026-12" => {}
                _ => says(&all, first, &id("c", number, payload)),
            }
        }
    }
}

/// What is in an address comes back in forms and in errors.
async fn addresses(browser: &Browser) {
    let pages = [
        (
            "/console/overview",
            ["level", "from", "to", "by", "currency", "view", "group", "attribute", "in", "rates", "rate_date"]
                .as_slice(),
        ),
        (
            "/console/movements",
            &[
                "customer",
                "filter",
                "subscription",
                "item",
                "currency",
                "category",
                "posting_from",
                "effective_to",
                "which",
                "order",
                "page",
            ],
        ),
        ("/console/customer", &["id"]),
        ("/console/retention", &["from", "to", "currency", "by", "measure", "view"]),
        ("/console/scheduled", &["until", "level", "currency", "customer", "page"]),
        ("/console/periods", &["month"]),
        ("/console/audit", &["action", "customer", "actor", "page"]),
        ("/console/deliveries", &["sink", "state", "page"]),
        ("/console/sign-in", &["next"]),
    ];
    for (path, fields) in pages {
        for some in PAYLOADS.chunks(8) {
            let mut query = url::form_urlencoded::Serializer::new(format!("{path}?"));
            let payload = some.join(" ");
            query.extend_pairs(fields.iter().map(|field| (field, &payload)));
            open(browser, &query.finish()).await;
        }
    }
}

/// The file of the journal does nothing either, when a spreadsheet opens it.
async fn spreadsheet(site: &ConsoleSite) {
    let reader = site.operator.makes(&TenantId::only(), Role::Reader).await;
    let file = ConsoleClient::signed_in(&site.url, &reader.text).await.get("/console/export/movements.csv").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"movements.csv\"");
    let mut rows = csv::Reader::from_reader(file.text.as_bytes());
    let mut formulas = 0;
    for row in rows.records() {
        for cell in &row.unwrap() {
            let is_number =
                cell.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) || is_number, "{cell}");
            formulas += usize::from(cell.starts_with("'=HYPERLINK("));
        }
    }
    assert!(formulas > 0);
}
