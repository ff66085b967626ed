//! MRR over time, as a small chart beside a movement.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::console::error_page::Problem;
use crate::console::format;
use crate::console::parts::chart::Scale;
use crate::console::signed_in::Visit;
use crate::domain::money::Money;
use crate::grpc::v1;

const WIDTH: i32 = 600;
const HEIGHT: i32 = 120;
/// The most movements that are drawn.
const MOST: i32 = 1_000;

/// Of the movement's line; at CUSTOMER level of its item, all contracts together.
pub(in crate::console) async fn of(visit: &Visit, movement: &v1::Movement) -> Result<Markup, Problem> {
    let is_contract = movement.level() == v1::Level::Contract;
    let filter = v1::MovementFilter {
        level: movement.level,
        customer_id: movement.customer_id.clone(),
        subscription_id: movement.subscription_id.clone(),
        currency: movement.currency.clone(),
        item_id: if is_contract { String::new() } else { movement.item_id.clone() },
        live_only: true,
        ..v1::MovementFilter::default()
    };
    let filter_expression =
        if movement.line_id.is_empty() { String::new() } else { format!("line_id = \"{}\"", movement.line_id) };
    // Ids have no white space, but may have quotes and backslashes.
    let filter_expression = if movement.line_id.contains(['"', '\\']) { String::new() } else { filter_expression };
    let order_by = v1::MovementOrder::EffectiveDate.into();
    let request = v1::ListMovementsRequest {
        filter: Some(filter),
        filter_expression,
        order_by,
        page_size: MOST,
        ..v1::ListMovementsRequest::default()
    };
    let found = visit.movements().list_movements(request).await?.into_inner();
    // A picture of a part would be a wrong one.
    if !found.next_page_token.is_empty() {
        return Ok(html! { p .note { "It has more than 1,000 movements: too many for a picture." } });
    }
    let found = found.movements;
    let mut changes: BTreeMap<NaiveDate, Money> = BTreeMap::new();
    for it in found.iter().filter(|it| !is_contract || movement.line_id.is_empty() || it.line_id == movement.line_id) {
        let Some((date, delta)) = it.effective_date.parse().ok().zip(Money::parse(&it.mrr_delta)) else { continue };
        let sum = changes.entry(date).or_default();
        *sum = sum.checked_add(delta).unwrap_or(*sum);
    }
    let what = match (is_contract, movement.line_id.as_str()) {
        (true, "") => format!("subscription {}", movement.subscription_id),
        (true, line) => format!("line {line}"),
        (false, _) => format!("item {}, all contracts of {}", movement.item_id, movement.customer_id),
    };
    Ok(drawn(&what, &movement.currency, &changes, movement.effective_date.parse().ok()))
}

fn drawn(what: &str, currency: &str, changes: &BTreeMap<NaiveDate, Money>, marked: Option<NaiveDate>) -> Markup {
    let mut at = Money::ZERO;
    let mut steps = Vec::with_capacity(changes.len());
    for (date, change) in changes {
        at = at.checked_add(*change).unwrap_or(at);
        steps.push((*date, at));
    }
    let Some(((first, _), (last, _))) = steps.first().zip(steps.last()) else { return html! {} };
    let days = last.signed_duration_since(*first).num_days().max(1);
    // As much again behind the last step as it takes to see it.
    let span = days.saturating_add(days.div_euclid(8).max(1));
    let x =
        |date: NaiveDate| date.signed_duration_since(*first).num_days().saturating_mul(WIDTH.into()).div_euclid(span);
    let scale = Scale::of(steps.iter().map(|(_, amount)| *amount), HEIGHT);
    let turns = steps.iter().map(|(date, amount)| format!("H{} V{}", x(*date), scale.below(*amount)));
    let turns: Vec<String> = turns.collect();
    let path = format!("M0 {} {} H{WIDTH}", scale.below(Money::ZERO), turns.join(" "));
    html! {
        figure {
            figcaption { "MRR of " (what) " over time, in " (currency) }
            svg .steps viewBox={ "-4 -4 " (WIDTH.saturating_add(8)) " " (HEIGHT.saturating_add(8)) } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                line .axis x1="0" x2=(WIDTH) y1=(scale.below(Money::ZERO)) y2=(scale.below(Money::ZERO)) {}
                @if let Some(date) = marked { line .here x1=(x(date)) x2=(x(date)) y1="0" y2=(HEIGHT) {} }
                path .step d=(path) {}
            }
            details {
                summary { "The same as a table" }
                table {
                    thead { tr { th scope="col" { "From" } th .number scope="col" { "MRR" } } }
                    tbody {
                        @for (date, amount) in &steps {
                            tr { th scope="row" { (date) } td .number { (format::amount(&amount.to_string())) } }
                        }
                    }
                }
            }
        }
    }
}
