//! The audit trail: its entries, filtered, and its verification.

use axum::response::Response;
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::page::Heading::Text;
use crate::console::parts::page::{Tab, empty_state, form_token, input, respond, select, table};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;
use crate::grpc::wire::wire_enum::WireEnum;

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

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let body = body(&session, &params, html! {}).await;
    respond(&session, "Audit trail", Tab::Audit, body)
}

/// Verifies the audit trail.
pub(in crate::console) async fn verify(session: SignedIn, params: Params) -> Response {
    let body = async {
        session.check_token(params.get("token"))?;
        let found = session.finance().verify_audit_trail(v1::VerifyAuditTrailRequest::default()).await?.into_inner();
        body(&session, &Params::default(), verified(&found)).await
    };
    let body = body.await;
    respond(&session, "Audit trail", Tab::Audit, body)
}

fn verified(found: &v1::VerifyAuditTrailResponse) -> Markup {
    let count = format::count(found.verified_count);
    html! {
        @if found.problem.is_empty() {
            p .done role="status" { (count) " entries verified. None was changed." }
        } @else {
            p .problem role="alert" { "Verification failed after " (count) " entries: " (found.problem) }
        }
    }
}

async fn body(session: &SignedIn, params: &Params, said: Markup) -> Result<Markup, ErrorPage> {
    let request = v1::ListAuditEntriesRequest {
        customer_id: params.get("customer").to_owned(),
        action: enum_params::audit_action(params.get("action")),
        actor: params.get("actor").to_owned(),
        page_token: params.get("page").to_owned(),
        ..v1::ListAuditEntriesRequest::default()
    };
    let found = session.finance().list_audit_entries(request).await;
    Ok(html! {
        (said)
        h1 { "Audit trail" }
        (form(params))
        @match &found {
            Err(status) => p .problem role="alert" { (message(status)) },
            Ok(found) if found.get_ref().entries.is_empty() => {
                (empty_state("No audit entries match the filter.", html! { p { a href=(routes::AUDIT) { "Show all entries" } } }))
            }
            Ok(found) => (list(session, params, found.get_ref())),
        }
    })
}

fn form(params: &Params) -> Markup {
    let named: Vec<(&str, String)> = ACTIONS.iter().map(|name| (*name, format::sentence_case(name))).collect();
    let mut choices = vec![("", "All")];
    choices.extend(named.iter().map(|(value, text)| (*value, text.as_str())));
    html! {
        form .filter method="get" action=(routes::AUDIT) {
            (select("Action", "action", &choices, params.get("action")))
            (input("Customer", "customer", "text", params.get("customer")))
            (input("Actor", "actor", "text", params.get("actor")))
            button type="submit" { "Filter" }
        }
    }
}

fn list(session: &SignedIn, params: &Params, found: &v1::ListAuditEntriesResponse) -> Markup {
    let headings = [
        Text("No."),
        Text("Recorded"),
        Text("Actor"),
        Text("Action"),
        Text("Subject"),
        Text("Reason"),
        Text("Details"),
    ];
    let rows = html! { @for it in &found.entries { (row(it)) } };
    html! {
        (table("Audit entries, latest first", &headings, rows))
        nav .pages aria-label="Pages" {
            @if !params.get("page").is_empty() {
                a .button.quiet href=(routes::with_query(routes::AUDIT, params.replacing("page", ""))) { "First page" }
            }
            @if !found.next_page_token.is_empty() {
                a .button href=(routes::with_query(routes::AUDIT, params.replacing("page", &found.next_page_token))) { "Next page" }
            }
        }
        form method="post" action=(routes::AUDIT) {
            (form_token(session))
            button .quiet type="submit" { "Verify audit trail" }
        }
    }
}

fn row(it: &v1::AuditEntry) -> Markup {
    let action = it.action().short_name();
    html! {
        tr {
            th scope="row" { (it.sequence) }
            td .date { (format::instant(it.recorded_at.as_ref())) }
            td { (it.actor) }
            td { (format::sentence_case(action)) }
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
