//! Scheduled movements, and terms that end without renewal.

use std::collections::BTreeMap;

use axum::response::Response;
use chrono::{NaiveDate, TimeDelta};
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::params::Params;
use crate::console::parts::movement_table;
use crate::console::parts::page::{Tab, empty_state, input, respond, select};
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::domain::money::Money;
use crate::grpc::v1;

/// Default horizon of the page.
const AHEAD: TimeDelta = TimeDelta::days(90);
const PAGE: i32 = 500;

pub(in crate::console) async fn show(session: SignedIn, params: Params) -> Response {
    let body = body(&session, params).await;
    respond(&session, "Scheduled", Tab::Scheduled, body)
}

async fn body(session: &SignedIn, mut params: Params) -> Result<Markup, ErrorPage> {
    let now = session.movements().get_mrr(v1::GetMrrRequest::default()).await?.into_inner();
    let until = now.date.parse().ok().and_then(|today: NaiveDate| today.checked_add_signed(AHEAD));
    params.set_default("until", until.map(|date| date.to_string()).unwrap_or_default());
    params.set_default("level", "CONTRACT");
    let request = v1::ListScheduledMovementsRequest {
        until: params.get("until").to_owned(),
        level: enum_params::level(params.get("level")),
        currency: params.get("currency").to_owned(),
        customer_id: params.get("customer").to_owned(),
        page_size: PAGE,
        page_token: params.get("page").to_owned(),
    };
    let found = session.movements().list_scheduled_movements(request).await;
    Ok(html! {
        h1 { "Scheduled" }
        (form(&params))
        @match &found {
            Ok(found) => (list(&params, found.get_ref())?),
            Err(status) => p .problem role="alert" { (message(status)) },
        }
    })
}

fn form(params: &Params) -> Markup {
    let one = |name| params.get(name);
    html! {
        form .filter method="get" action=(routes::SCHEDULED) {
            (input("Until", "until", "date", one("until")))
            (select("Level", "level", &[("CONTRACT", "Contracts"), ("CUSTOMER", "Customers")], one("level")))
            (input("Currency", "currency", "text", one("currency")))
            (input("Customer", "customer", "text", one("customer")))
            button type="submit" { "Filter" }
        }
    }
}

fn is_natural_end(it: &v1::Movement) -> bool {
    it.causes.iter().any(|cause| cause.kind() == v1::CauseKind::NaturalEnd)
}

fn list(params: &Params, found: &v1::ListScheduledMovementsResponse) -> Result<Markup, ErrorPage> {
    if found.movements.is_empty() {
        let text = format!("No scheduled movements from {} to {}.", found.today, params.get("until"));
        let longer = html! { p { "Choose a later date or the other level." } };
        return Ok(empty_state(&text, longer));
    }
    let (ends, others): (Vec<_>, Vec<_>) = found.movements.iter().cloned().partition(is_natural_end);
    let is_whole = params.get("page").is_empty() && found.next_page_token.is_empty();
    let of_page = if is_whole { "" } else { " on this page" };
    Ok(html! {
        @if ends.is_empty() { p { "No terms end without renewal" (of_page) "." } } @else {
            p { "MRR at risk" (of_page) ": " strong { (at_risk(&ends)?) } ". A renewal recorded in time removes the churn." }
            (movement_table::table("Terms ending without renewal", &ends)?)
        }
        @if others.is_empty() { p { "No scheduled starts, price steps or change orders" (of_page) "." } } @else {
            (movement_table::table("Scheduled starts, price steps and change orders", &others)?)
        }
        @if !is_whole {
            nav .pages aria-label="Pages" {
                a .button.quiet href=(routes::with_query(routes::SCHEDULED, params.replacing("page", ""))) { "First page" }
            }
        }
        @if !found.next_page_token.is_empty() {
            nav .pages aria-label="More pages" {
                a .button href=(routes::with_query(routes::SCHEDULED, params.replacing("page", &found.next_page_token))) { "Next page" }
            }
        }
    })
}

/// MRR of the ending terms, by currency.
fn at_risk(ends: &[v1::Movement]) -> Result<String, ErrorPage> {
    let mut sums: BTreeMap<&str, Money> = BTreeMap::new();
    for it in ends {
        let sum = sums.entry(&it.currency).or_default();
        *sum = sum.checked_sub(format::parse_money(&it.mrr_delta)?)?;
    }
    let each = sums.iter().map(|(currency, sum)| format!("{} {currency} per month", format::money(*sum)));
    Ok(each.collect::<Vec<_>>().join(", "))
}
