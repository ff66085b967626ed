//! Who did what, when and why.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::page::Heading::Words;
use crate::console::parts::page::{Tab, answer, input, nothing, select, table, token};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

const ACTIONS: [&str; 16] = [
    "OVERRIDE_SET",
    "OVERRIDE_CLEARED",
    "FACT_REVISED",
    "FACT_VOIDED",
    "FACT_LATE",
    "PERIOD_CLOSED",
    "PERIOD_REOPENED",
    "POLICY_CHANGED",
    "POLICY_REPLAYED",
    "RATES_IMPORTED",
    "TENANT_CREATED",
    "KEY_CREATED",
    "KEY_REVOKED",
    "CONFIGURATION_CHANGED",
    "SINK_ENABLED",
    "DELIVERIES_REDRIVEN",
];

pub(in crate::console) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, &fields, html! {}).await;
    answer(&visit, "Audit trail", Tab::Audit, body)
}

/// Checks the trail.
pub(in crate::console) async fn verify(visit: Visit, fields: Fields) -> Response {
    let body = async {
        visit.check(fields.one("token"))?;
        let found = visit.finance().verify_audit_trail(v1::VerifyAuditTrailRequest::default()).await?.into_inner();
        body(&visit, &Fields::default(), verified(&found)).await
    };
    let body = body.await;
    answer(&visit, "Audit trail", Tab::Audit, body)
}

fn verified(found: &v1::VerifyAuditTrailResponse) -> Markup {
    let count = format::count(found.verified_count);
    html! {
        @if found.problem.is_empty() {
            p .done role="status" { "All " (count) " entries are as they were written." }
        } @else {
            p .problem role="alert" { (count) " entries are as they were written. Then: " (found.problem) }
        }
    }
}

async fn body(visit: &Visit, fields: &Fields, said: Markup) -> Result<Markup, Problem> {
    let request = v1::ListAuditEntriesRequest {
        customer_id: fields.one("customer").to_owned(),
        action: enum_params::audit_action(fields.one("action")),
        actor: fields.one("actor").to_owned(),
        page_token: fields.one("page").to_owned(),
        ..v1::ListAuditEntriesRequest::default()
    };
    let found = visit.finance().list_audit_entries(request).await;
    Ok(html! {
        (said)
        h1 { "Audit trail" }
        (form(fields))
        @match &found {
            Err(status) => p .problem role="alert" { (told(status)) },
            Ok(found) if found.get_ref().entries.is_empty() => {
                (nothing("No entry is as the filter has it.", html! { p { a href=(routes::AUDIT) { "Show all entries" } } }))
            }
            Ok(found) => (list(visit, fields, found.get_ref())),
        }
    })
}

fn form(fields: &Fields) -> Markup {
    let named: Vec<(&str, String)> = ACTIONS.iter().map(|name| (*name, format::words(name))).collect();
    let mut choices = vec![("", "All")];
    choices.extend(named.iter().map(|(value, text)| (*value, text.as_str())));
    html! {
        form .filter method="get" action=(routes::AUDIT) {
            (select("Action", "action", &choices, fields.one("action")))
            (input("Customer", "customer", "text", fields.one("customer")))
            (input("Who", "actor", "text", fields.one("actor")))
            button type="submit" { "Show" }
        }
    }
}

fn list(visit: &Visit, fields: &Fields, found: &v1::ListAuditEntriesResponse) -> Markup {
    let headings = [
        Words("No."),
        Words("When"),
        Words("Who"),
        Words("What"),
        Words("To"),
        Words("Why"),
        Words("Before and after"),
    ];
    let rows = html! { @for it in &found.entries { (row(it)) } };
    html! {
        (table("Entries, the latest first", &headings, rows))
        nav .pages aria-label="Pages" {
            @if !fields.one("page").is_empty() {
                a .button.quiet href=(routes::with(routes::AUDIT, fields.with("page", ""))) { "First page" }
            }
            @if !found.next_page_token.is_empty() {
                a .button href=(routes::with(routes::AUDIT, fields.with("page", &found.next_page_token))) { "Next page" }
            }
        }
        form method="post" action=(routes::AUDIT) {
            (token(visit))
            button .quiet type="submit" { "Check that nothing was changed" }
        }
    }
}

fn row(it: &v1::AuditEntry) -> Markup {
    let action = it.action().as_str_name().trim_start_matches("AUDIT_ACTION_");
    html! {
        tr {
            th scope="row" { (it.sequence) }
            td .date { (format::instant(it.recorded_at.as_ref())) }
            td { (it.actor) }
            td { (format::words(action)) }
            td {
                (it.subject)
                @if !it.customer_id.is_empty() { br; a href=(routes::customer(&it.customer_id)) { (it.customer_id) } }
            }
            td { (it.reason) }
            td {
                @if !it.before.is_empty() || !it.after.is_empty() {
                    details {
                        summary { "Show" }
                        dl { dt { "Before" } dd .code { (it.before) } dt { "After" } dd .code { (it.after) } dt { "Hash" } dd .code { (it.hash) } }
                    }
                }
            }
        }
    }
}
