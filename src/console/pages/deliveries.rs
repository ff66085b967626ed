//! Delivery of events: the state of each sink, its waiting deliveries and its dead letters.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::page::Heading::{Number, Text};
use crate::console::parts::page::{Tab, empty_state, form_token, respond, table};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let body = body(&session, &params, None).await;
    respond(&session, "Deliveries", Tab::Deliveries, body)
}

/// Redrives the dead letters of a sink, or enables it.
pub(in crate::console) async fn submit(session: SignedIn, params: Params) -> Response {
    let sent = async {
        session.check_token(params.get("token"))?;
        let sink = params.get("sink").to_owned();
        let outcome = if params.get("step") == "enable" {
            let request = v1::EnableSinkRequest { sink };
            session.admin().enable_sink(request).await.map(|_| "The sink is enabled.".to_owned())
        } else {
            let request = v1::RedriveDeliveriesRequest { sink, dead: true, ..v1::RedriveDeliveriesRequest::default() };
            session
                .admin()
                .redrive_deliveries(request)
                .await
                .map(|it| format!("{} events will be delivered again.", it.get_ref().event_count))
        };
        match outcome {
            Ok(done) => {
                session.set_notice(done);
                Ok(Redirect::to(routes::DELIVERIES).into_response())
            }
            Err(status) => Ok(respond(
                &session,
                "Deliveries",
                Tab::Deliveries,
                body(&session, &params, Some(message(&status))).await,
            )),
        }
    };
    sent.await.unwrap_or_else(|problem: ErrorPage| problem.into_page(Some(&session)))
}

async fn body(session: &SignedIn, params: &Params, problem: Option<String>) -> Result<Markup, ErrorPage> {
    let sinks = session.admin().list_sinks(v1::ListSinksRequest {}).await?.into_inner().sinks;
    let next = html! {
        p { "Sinks are defined in the configuration file of " code { "deltabook serve --config" } "." }
    };
    Ok(html! {
        h1 { "Deliveries" }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        @if sinks.is_empty() { (empty_state("No sinks yet.", next)) } @else { (list(session, &sinks)) }
        @if !params.get("sink").is_empty() && params.get("step").is_empty() { (events(session, params).await?) }
    })
}

fn list(session: &SignedIn, sinks: &[v1::Sink]) -> Markup {
    let headings = [
        Text("Sink"),
        Text("Status"),
        Text("Lag"),
        Number("Waiting"),
        Number("Dead"),
        Text("Last delivered"),
        Text("Action"),
    ];
    let rows = html! { @for it in sinks { (row(session, it)) } };
    table("Sinks", &headings, rows)
}

fn row(session: &SignedIn, it: &v1::Sink) -> Markup {
    let of = |state: &str| routes::with_query(routes::DELIVERIES, [("sink", it.name.as_str()), ("state", state)]);
    let number = |count: i64, state: &str| {
        html! { @if count == 0 { "0" } @else { a href=(of(state)) { (format::count(count)) } } }
    };
    html! {
        tr {
            th scope="row" { (it.name) }
            td { (state(it)) }
            td { @if it.oldest_undelivered_at.is_some() { (format::duration(it.lag_seconds)) } @else { "none" } }
            td .number { (number(it.waiting_count, "WAITING")) }
            td .number { (number(it.dead_count, "DEAD")) }
            td { (format::instant(it.delivered_at.as_ref())) }
            td {
                @if it.dead_count > 0 && session.may("AdminService/RedriveDeliveries") {
                    (action(session, &it.name, "redrive", "Redrive dead deliveries"))
                }
                @if !it.disabled_reason.is_empty() && session.may("AdminService/EnableSink") {
                    (action(session, &it.name, "enable", "Enable"))
                }
            }
        }
    }
}

fn state(it: &v1::Sink) -> Markup {
    html! {
        @if !it.disabled_reason.is_empty() { span .tag { "disabled" } " " (it.disabled_reason) }
        @else if it.failures > 0 { span .tag { "failing" } " " (it.failures) " failures in a row" }
        @else { "active" }
    }
}

fn action(session: &SignedIn, sink: &str, step: &str, name: &str) -> Markup {
    html! {
        form method="post" action=(routes::DELIVERIES) {
            (form_token(session))
            input type="hidden" name="sink" value=(sink);
            button .quiet type="submit" name="step" value=(step) { (name) }
        }
    }
}

/// Deliveries of a sink that are waiting or dead.
async fn events(session: &SignedIn, params: &Params) -> Result<Markup, ErrorPage> {
    let request = v1::ListDeliveriesRequest {
        sink: params.get("sink").to_owned(),
        state: enum_params::delivery_state(params.get("state")),
        page_size: 100,
        page_token: params.get("page").to_owned(),
    };
    let found = session.admin().list_deliveries(request).await?.into_inner();
    let name = format!("{} deliveries of {}", format::sentence_case(params.get("state")), params.get("sink"));
    let headings =
        [Text("Event"), Text("Date"), Text("Customer"), Number("Attempts"), Text("Next attempt"), Text("Reason")];
    let rows = html! {
        @for it in &found.deliveries {
            tr {
                th scope="row" { (it.event_name) }
                td { (it.event_date) }
                td { a href=(routes::customer(&it.customer_id)) { (it.customer_id) } }
                td .number { (it.attempts) }
                td { (format::instant(it.next_attempt_at.as_ref())) }
                td { (it.reason) }
            }
        }
    };
    Ok(html! {
        (table(&name, &headings, rows))
        @if !found.next_page_token.is_empty() {
            nav .pages aria-label="Pages" {
                a .button href=(routes::with_query(routes::DELIVERIES, params.replacing("page", &found.next_page_token))) { "Next page" }
            }
        }
    })
}
