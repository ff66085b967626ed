//! Table of movements.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::parts::page;
use crate::console::parts::page::Heading::{Number, Text};
use crate::console::routes;
use crate::domain::money::Money;
use crate::grpc::v1;

pub(in crate::console) fn table(name: &str, movements: &[v1::Movement]) -> Result<Markup, ErrorPage> {
    let headings = [
        Text("Movement"),
        Text("Date"),
        Text("Level"),
        Text("Customer"),
        Text("Item"),
        Text("Category"),
        Number("MRR change"),
        Number("MRR before"),
        Number("MRR after"),
    ];
    let rows = html! { @for it in movements { (row(it)?) } };
    Ok(page::table(name, &headings, rows))
}

fn row(it: &v1::Movement) -> Result<Markup, ErrorPage> {
    Ok(html! {
        tr {
            td {
                // A previewed movement is not in the journal yet.
                @if it.movement_id.is_empty() { "new" } @else { a href=(routes::movement(&it.movement_id)) { "№ " (it.movement_id) } }
            }
            td .date { (it.effective_date) (posted(it)) }
            td { (format::level(it.level)) }
            td { a href=(routes::customer(&it.customer_id)) { (it.customer_id) } }
            td { (it.item_id) }
            td { (format::category(it.category)) " · " (format::subcategory(it.subcategory)) (tags(it)) }
            td .number { (format::signed_amount(&it.mrr_delta)?) " " (it.currency) }
            td .number { (format::amount(&it.mrr_before)?) }
            td .number { (format::amount(&it.mrr_after)?) }
        }
    })
}

fn posted(it: &v1::Movement) -> Markup {
    html! {
        @if !it.posting_date.is_empty() && it.posting_date != it.effective_date {
            br;
            small { "posted " (it.posting_date) }
        }
    }
}

/// Tags: reversal, prior-period adjustment, provisional.
pub(in crate::console) fn tags(it: &v1::Movement) -> Markup {
    html! {
        @if !it.reverses_movement_id.is_empty() { " " span .tag { "reverses № " (it.reverses_movement_id) } }
        @if it.prior_period_adjustment { " " span .tag { "prior-period adjustment" } }
        @if !it.provisional_until.is_empty() { " " span .tag { "provisional until " (it.provisional_until) } }
    }
}

/// Sums by level and currency. The two levels show the same changes, so they are never added up.
pub(in crate::console) fn sums(movements: &[v1::Movement]) -> Result<Markup, ErrorPage> {
    let mut sums: BTreeMap<(i32, &str), (usize, Money)> = BTreeMap::new();
    for it in movements {
        let (count, sum) = sums.entry((it.level, &it.currency)).or_insert((0, Money::ZERO));
        *count = count.saturating_add(1);
        *sum = sum.checked_add(format::parse_money(&it.mrr_delta)?)?;
    }
    Ok(html! {
        ul .sums {
            @for ((level, currency), (count, sum)) in sums {
                li {
                    (count) " on this page at " (format::level(level).to_lowercase()) " level in " (currency) ": "
                    strong { (format::signed_money(sum)) }
                }
            }
        }
    })
}
