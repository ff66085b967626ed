//! Chart of MRR over time on the page of a movement.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::parts::chart::Scale;
use crate::console::signed_in::SignedIn;
use crate::domain::money::Money;
use crate::grpc::v1;

const WIDTH: i32 = 600;
const HEIGHT: i32 = 120;
/// Maximum number of movements in the chart.
const MAX_MOVEMENTS: i32 = 1_000;

/// MRR of the movement's line; at CUSTOMER level, of its item over all contracts.
pub(in crate::console) async fn chart(session: &SignedIn, movement: &v1::Movement) -> Result<Markup, ErrorPage> {
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
    // An id with a quote or a backslash cannot stand in the expression.
    let filter_expression = if movement.line_id.contains(['"', '\\']) { String::new() } else { filter_expression };
    let order_by = v1::MovementOrder::EffectiveDate.into();
    let request = v1::ListMovementsRequest {
        filter: Some(filter),
        filter_expression,
        order_by,
        page_size: MAX_MOVEMENTS,
        ..v1::ListMovementsRequest::default()
    };
    let found = session.movements().list_movements(request).await?.into_inner();
    // A chart of the first page alone would be wrong.
    if !found.next_page_token.is_empty() {
        return Ok(html! { p .note { "No chart: more than 1,000 movements." } });
    }
    let found = found.movements;
    let mut changes: BTreeMap<NaiveDate, Money> = BTreeMap::new();
    for it in found.iter().filter(|it| !is_contract || movement.line_id.is_empty() || it.line_id == movement.line_id) {
        let sum = changes.entry(format::parse_date(&it.effective_date)?).or_default();
        *sum = sum.checked_add(format::parse_money(&it.mrr_delta)?)?;
    }
    let what = match (is_contract, movement.line_id.as_str()) {
        (true, "") => format!("subscription {}", movement.subscription_id),
        (true, line) => format!("line {line}"),
        (false, _) => format!("item {}, all contracts of {}", movement.item_id, movement.customer_id),
    };
    render(&what, &movement.currency, &changes, format::parse_date(&movement.effective_date)?)
}

fn render(
    what: &str,
    currency: &str,
    changes: &BTreeMap<NaiveDate, Money>,
    marked: NaiveDate,
) -> Result<Markup, ErrorPage> {
    let mut at = Money::ZERO;
    let mut steps = Vec::with_capacity(changes.len());
    for (date, change) in changes {
        at = at.checked_add(*change)?;
        steps.push((*date, at));
    }
    let Some(((first, _), (last, _))) = steps.first().zip(steps.last()) else { return Ok(html! {}) };
    let days = last.signed_duration_since(*first).num_days().max(1);
    // Room after the last step, so that it is visible.
    let span = days.saturating_add(days.div_euclid(8).max(1));
    let x =
        |date: NaiveDate| date.signed_duration_since(*first).num_days().saturating_mul(WIDTH.into()).div_euclid(span);
    let scale = Scale::of(steps.iter().map(|(_, amount)| *amount), HEIGHT);
    let turns = steps.iter().map(|(date, amount)| format!("H{} V{}", x(*date), scale.y(*amount)));
    let turns: Vec<String> = turns.collect();
    let path = format!("M0 {} {} H{WIDTH}", scale.y(Money::ZERO), turns.join(" "));
    Ok(html! {
        figure {
            figcaption { "MRR of " (what) " over time, in " (currency) }
            svg .steps viewBox={ "-4 -4 " (WIDTH.saturating_add(8)) " " (HEIGHT.saturating_add(8)) } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                line .axis x1="0" x2=(WIDTH) y1=(scale.y(Money::ZERO)) y2=(scale.y(Money::ZERO)) {}
                line .here x1=(x(marked)) x2=(x(marked)) y1="0" y2=(HEIGHT) {}
                path .step d=(path) {}
            }
            details {
                summary { "Data as a table" }
                table {
                    thead { tr { th scope="col" { "From" } th .number scope="col" { "MRR" } } }
                    tbody {
                        @for (date, amount) in &steps {
                            tr { th scope="row" { (date) } td .number { (format::money(*amount)) } }
                        }
                    }
                }
            }
        }
    })
}
