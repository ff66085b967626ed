//! Movements as a table.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::format;
use crate::console::parts::page::Heading::{Number, Words};
use crate::console::parts::page::table;
use crate::console::routes;
use crate::domain::money::Money;
use crate::grpc::v1;

pub(in crate::console) fn listed(name: &str, movements: &[v1::Movement]) -> Markup {
    let headings = [
        Words("Movement"),
        Words("Date"),
        Words("Level"),
        Words("Customer"),
        Words("Item"),
        Words("Kind"),
        Number("Change"),
        Number("MRR before"),
        Number("after"),
    ];
    let rows = html! { @for it in movements { (row(it)) } };
    table(name, &headings, rows)
}

fn row(it: &v1::Movement) -> Markup {
    html! {
        tr {
            td {
                // What would be has no place in the journal.
                @if it.movement_id.is_empty() { "new" } @else { a href=(routes::movement(&it.movement_id)) { "№ " (it.movement_id) } }
            }
            td .date { (it.effective_date) (posted(it)) }
            td { (format::level(it.level)) }
            td { a href=(routes::customer(&it.customer_id)) { (it.customer_id) } }
            td { (it.item_id) }
            td { (format::category(it.category)) " · " (format::subcategory(it.subcategory)) (tags(it)) }
            td .number { (format::change(&it.mrr_delta)) " " (it.currency) }
            td .number { (format::amount(&it.mrr_before)) }
            td .number { (format::amount(&it.mrr_after)) }
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
pub(in crate::console) fn tags(it: &v1::Movement) -> Markup {
    html! {
        @if !it.reverses_movement_id.is_empty() { " " span .tag { "reverses № " (it.reverses_movement_id) } }
        @if it.prior_period_adjustment { " " span .tag { "prior-period adjustment" } }
        @if !it.provisional_until.is_empty() { " " span .tag { "provisional until " (it.provisional_until) } }
    }
}

/// What they add up to, for each level and currency: the levels tell the same money twice.
pub(in crate::console) fn sums(movements: &[v1::Movement]) -> Markup {
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
                    (count) " on this page at " (format::level(level).to_lowercase()) " level in " (currency) ": "
                    strong { (sum.map(|sum| format::change(&sum.to_string())).unwrap_or_default()) }
                }
            }
        }
    }
}
