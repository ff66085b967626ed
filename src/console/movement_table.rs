//! Movements as a table.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::link;
use super::page::scrolled;
use super::text;
use crate::domain::money::Money;
use crate::grpc::v1;

pub(super) fn table(name: &str, movements: &[v1::Movement]) -> Markup {
    let table = html! {
        table {
            caption .hidden { (name) }
            thead {
                tr {
                    th scope="col" { "Movement" }
                    th scope="col" { "Date" }
                    th scope="col" { "Level" }
                    th scope="col" { "Customer" }
                    th scope="col" { "Item" }
                    th scope="col" { "Kind" }
                    th .number scope="col" { "Change" }
                    th .number scope="col" { "MRR before" }
                    th .number scope="col" { "after" }
                }
            }
            tbody { @for it in movements { (row(it)) } }
        }
    };
    html! { section { (scrolled(name, table)) } }
}

fn row(it: &v1::Movement) -> Markup {
    html! {
        tr {
            td {
                // What would be has no place in the journal.
                @if it.movement_id.is_empty() { "new" } @else { a href=(link::movement(&it.movement_id)) { "№ " (it.movement_id) } }
            }
            td .date { (it.effective_date) (posted(it)) }
            td { (text::level(it.level)) }
            td { a href=(link::customer(&it.customer_id)) { (it.customer_id) } }
            td { (it.item_id) }
            td { (text::category(it.category)) " · " (text::subcategory(it.subcategory)) (tags(it)) }
            td .number { (text::change(&it.mrr_delta)) " " (it.currency) }
            td .number { (text::amount(&it.mrr_before)) }
            td .number { (text::amount(&it.mrr_after)) }
        }
    }
}

fn posted(it: &v1::Movement) -> Markup {
    html! {
        @if !it.posting_date.is_empty() && it.posting_date != it.effective_date {
            br;
            small { "posted " (it.posting_date) }
        }
    }
}

/// What is special about it.
pub(super) fn tags(it: &v1::Movement) -> Markup {
    html! {
        @if !it.reverses_movement_id.is_empty() { " " span .tag { "reverses № " (it.reverses_movement_id) } }
        @if it.prior_period_adjustment { " " span .tag { "prior-period adjustment" } }
        @if !it.provisional_until.is_empty() { " " span .tag { "provisional until " (it.provisional_until) } }
    }
}

/// What they add up to, for each level and currency: the levels tell the same money twice.
pub(super) fn sums(movements: &[v1::Movement]) -> Markup {
    let mut sums: BTreeMap<(i32, &str), (usize, Option<Money>)> = BTreeMap::new();
    for it in movements {
        let (count, sum) = sums.entry((it.level, &it.currency)).or_insert((0, Some(Money::ZERO)));
        *count = count.saturating_add(1);
        *sum = sum.and_then(|sum| sum.checked_add(Money::parse(&it.mrr_delta)?).ok());
    }
    html! {
        ul .sums {
            @for ((level, currency), (count, sum)) in sums {
                li {
                    (count) " on this page at " (text::level(level).to_lowercase()) " level in " (currency) ": "
                    strong { (sum.map(|sum| text::change(&sum.to_string())).unwrap_or_default()) }
                }
            }
        }
    }
}
