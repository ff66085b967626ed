//! What is already known to come, and which terms end without a renewal.

use std::collections::BTreeMap;

use axum::response::Response;
use chrono::{NaiveDate, TimeDelta};
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::params::Fields;
use crate::console::parts::movement_table;
use crate::console::parts::page::{Tab, answer, input, nothing, select};
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::domain::money::Money;
use crate::grpc::v1;

/// How far the page looks ahead, unless it is told.
const AHEAD: TimeDelta = TimeDelta::days(90);
const PAGE: i32 = 500;

pub(in crate::console) async fn show(visit: Visit, fields: Fields) -> Response {
    let body = body(&visit, fields).await;
    answer(&visit, "Coming up", Tab::Scheduled, body)
}

async fn body(visit: &Visit, mut fields: Fields) -> Result<Markup, Problem> {
    let now = visit.movements().get_mrr(v1::GetMrrRequest::default()).await?.into_inner();
    let until = now.date.parse().ok().and_then(|today: NaiveDate| today.checked_add_signed(AHEAD));
    fields.or("until", until.map(|date| date.to_string()).unwrap_or_default());
    fields.or("level", "CONTRACT");
    let request = v1::ListScheduledMovementsRequest {
        until: fields.one("until").to_owned(),
        level: enum_params::level(fields.one("level")),
        currency: fields.one("currency").to_owned(),
        customer_id: fields.one("customer").to_owned(),
        page_size: PAGE,
        page_token: fields.one("page").to_owned(),
    };
    let found = visit.movements().list_scheduled_movements(request).await;
    Ok(html! {
        h1 { "Coming up" }
        (form(&fields))
        @match &found {
            Ok(found) => (list(&fields, found.get_ref())),
            Err(status) => p .problem role="alert" { (told(status)) },
        }
    })
}

fn form(fields: &Fields) -> Markup {
    let one = |name| fields.one(name);
    html! {
        form .filter method="get" action=(routes::SCHEDULED) {
            (input("Until", "until", "date", one("until")))
            (select("Level", "level", &[("CONTRACT", "Contracts"), ("CUSTOMER", "Customers")], one("level")))
            (input("Currency", "currency", "text", one("currency")))
            (input("Customer", "customer", "text", one("customer")))
            button type="submit" { "Show" }
        }
    }
}

fn is_natural_end(it: &v1::Movement) -> bool {
    it.causes.iter().any(|cause| cause.kind() == v1::CauseKind::NaturalEnd)
}

fn list(fields: &Fields, found: &v1::ListScheduledMovementsResponse) -> Markup {
    if found.movements.is_empty() {
        let text = format!("From {} to {} nothing is known to come.", found.today, fields.one("until"));
        let longer = html! { p { "A later date shows more, and so does the other level." } };
        return nothing(&text, longer);
    }
    let (ends, others): (Vec<_>, Vec<_>) = found.movements.iter().cloned().partition(is_natural_end);
    let is_whole = fields.one("page").is_empty() && found.next_page_token.is_empty();
    let of_page = if is_whole { "" } else { " on this page" };
    html! {
        @if ends.is_empty() { p { "No term ends without a renewal" (of_page) "." } } @else {
            p { "At risk" (of_page) ": " strong { (at_risk(&ends)) } ". A renewal that comes in time takes an end away." }
            (movement_table::listed("Terms that end without a renewal", &ends))
        }
        @if others.is_empty() { p { "No start, step or dated order is to come" (of_page) "." } } @else {
            (movement_table::listed("Starts, steps and dated orders", &others))
        }
        @if !is_whole {
            nav .pages aria-label="Pages" {
                a .button.quiet href=(routes::with(routes::SCHEDULED, fields.with("page", ""))) { "First page" }
            }
        }
        @if !found.next_page_token.is_empty() {
            nav .pages aria-label="More pages" {
                a .button href=(routes::with(routes::SCHEDULED, fields.with("page", &found.next_page_token))) { "Next page" }
            }
        }
    }
}

/// MRR that ends, by currency.
fn at_risk(ends: &[v1::Movement]) -> String {
    let mut sums: BTreeMap<&str, Money> = BTreeMap::new();
    for it in ends {
        let sum = sums.entry(&it.currency).or_default();
        *sum = Money::parse(&it.mrr_delta).and_then(|delta| sum.checked_sub(delta).ok()).unwrap_or(*sum);
    }
    let each = sums.iter().map(|(currency, sum)| format!("{} {currency} a month", format::amount(&sum.to_string())));
    each.collect::<Vec<_>>().join(", ")
}
