//! How far events have come at each receiver.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::page::Heading::{Number, Words};
use crate::console::parts::page::{Tab, answer, nothing, table, token};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

pub(in crate::console) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, &fields, None).await;
    answer(&visit, "Deliveries", Tab::Deliveries, body)
}

/// Sends what was given up again, or lets a sink have events again.
pub(in crate::console) async fn send(visit: Visit, fields: Fields) -> Response {
    let sent = async {
        visit.check(fields.one("token"))?;
        let sink = fields.one("sink").to_owned();
        let outcome = if fields.one("step") == "enable" {
            let request = v1::EnableSinkRequest { sink };
            visit.admin().enable_sink(request).await.map(|_| "The sink gets events again.".to_owned())
        } else {
            let request = v1::RedriveDeliveriesRequest { sink, dead: true, ..v1::RedriveDeliveriesRequest::default() };
            visit
                .admin()
                .redrive_deliveries(request)
                .await
                .map(|it| format!("Put up for delivery again: {} events.", it.get_ref().event_count))
        };
        match outcome {
            Ok(done) => {
                visit.tell(done);
                Ok(Redirect::to(routes::DELIVERIES).into_response())
            }
            Err(status) => {
                Ok(answer(&visit, "Deliveries", Tab::Deliveries, body(&visit, &fields, Some(told(&status))).await))
            }
        }
    };
    sent.await.unwrap_or_else(|problem: Problem| problem.into_page(Some(&visit)))
}

async fn body(visit: &Visit, fields: &Fields, problem: Option<String>) -> Result<Markup, Problem> {
    let sinks = visit.admin().list_sinks(v1::ListSinksRequest {}).await?.into_inner().sinks;
    let next = html! {
        p { "Sinks are named in the configuration file that " code { "deltabook serve --config" } " reads." }
    };
    Ok(html! {
        h1 { "Deliveries" }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        @if sinks.is_empty() { (nothing("No sink was ever served.", next)) } @else { (list(visit, &sinks)) }
        @if !fields.one("sink").is_empty() && fields.one("step").is_empty() { (events(visit, fields).await?) }
    })
}

fn list(visit: &Visit, sinks: &[v1::Sink]) -> Markup {
    let headings = [
        Words("Sink"),
        Words("State"),
        Words("Lag"),
        Number("Waiting"),
        Number("Given up"),
        Words("Last delivered"),
        Words("Do"),
    ];
    let rows = html! { @for it in sinks { (row(visit, it)) } };
    table("Sinks", &headings, rows)
}

fn row(visit: &Visit, it: &v1::Sink) -> Markup {
    let of = |state: &str| routes::with(routes::DELIVERIES, [("sink", it.name.as_str()), ("state", state)]);
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
                @if it.dead_count > 0 && visit.may("AdminService/RedriveDeliveries") {
                    (action(visit, &it.name, "redrive", "Send again what was given up"))
                }
                @if !it.disabled_reason.is_empty() && visit.may("AdminService/EnableSink") {
                    (action(visit, &it.name, "enable", "Let it have events again"))
                }
            }
        }
    }
}

fn state(it: &v1::Sink) -> Markup {
    html! {
        @if !it.disabled_reason.is_empty() { span .tag { "disabled" } " " (it.disabled_reason) }
        @else if it.failures > 0 { span .tag { "failing" } " " (it.failures) " times in a row" }
        @else { "works" }
    }
}

fn action(visit: &Visit, sink: &str, step: &str, name: &str) -> Markup {
    html! {
        form method="post" action=(routes::DELIVERIES) {
            (token(visit))
            input type="hidden" name="sink" value=(sink);
            button .quiet type="submit" name="step" value=(step) { (name) }
        }
    }
}

/// What a sink has not taken.
async fn events(visit: &Visit, fields: &Fields) -> Result<Markup, Problem> {
    let request = v1::ListDeliveriesRequest {
        sink: fields.one("sink").to_owned(),
        state: enum_params::delivery_state(fields.one("state")),
        page_size: 100,
        page_token: fields.one("page").to_owned(),
    };
    let found = visit.admin().list_deliveries(request).await?.into_inner();
    let name = format!("{}: {}", fields.one("sink"), format::words(fields.one("state")));
    let headings = [
        Words("Event"),
        Words("Date"),
        Words("Customer"),
        Number("Attempts"),
        Words("Next"),
        Words("What the sink said"),
    ];
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
                a .button href=(routes::with(routes::DELIVERIES, fields.with("page", &found.next_page_token))) { "Next page" }
            }
        }
    })
}
