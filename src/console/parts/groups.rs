//! A waterfall divided: a row for each group, from the first opening to the last closing.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::error_page::Problem;
use crate::console::format;
use crate::console::parts::page::scrolled;
use crate::console::parts::waterfall::{About, cell, last_date, money, movements, steps, total};
use crate::domain::money::Money;
use crate::grpc::v1;

/// The groups of a currency; nothing where there are none.
pub(in crate::console) fn table(groups: &[v1::Waterfall], about: About<'_>, kind: &str) -> Result<Markup, Problem> {
    let Some(first) = groups.first() else { return Ok(html! {}) };
    let name = format!("By {kind}, in {}", first.currency);
    let mut rows = Vec::with_capacity(groups.len());
    for group in groups {
        rows.push(row(group, about)?);
    }
    let table = html! {
        table .numbers {
            caption { (name) }
            thead {
                tr {
                    th scope="col" { (format::words(kind)) }
                    th scope="col" { "Opening" }
                    @for step in steps(first) { th scope="col" { (step.name) } }
                    th scope="col" { "Closing" }
                }
            }
            tbody { @for row in rows { (row) } }
        }
    };
    Ok(scrolled(&name, table))
}

fn row(group: &v1::Waterfall, about: About<'_>) -> Result<Markup, Problem> {
    let Some((first, last)) = group.periods.first().zip(group.periods.last()) else { return Ok(html! {}) };
    let end = last_date(&last.end);
    let mut cells = Vec::new();
    for step in steps(group) {
        let link =
            if about.has_links(group) { movements(step, (&first.start, &end), group, about) } else { String::new() };
        cells.push(cell(&total(group, step)?.to_string(), &link));
    }
    Ok(html! {
        tr {
            th scope="row" { (name(group)) }
            td { (format::amount(&first.opening)) }
            @for cell in cells { td { (cell) } }
            td { (format::amount(&last.closing)) }
        }
    })
}

fn name(group: &v1::Waterfall) -> Markup {
    html! {
        @if group.rest { "all others" } @else if group.group.is_empty() { "none given" } @else { (group.group) }
    }
}

/// What each subcategory comes to over all periods.
pub(in crate::console) fn subcategories(it: &v1::Waterfall, about: About<'_>) -> Markup {
    let mut sums: BTreeMap<i32, (Option<Money>, i64)> = BTreeMap::new();
    for part in it.periods.iter().flat_map(|period| &period.subcategories) {
        let (amount, count) = sums.entry(part.subcategory).or_insert((Some(Money::ZERO), 0));
        *amount = amount.and_then(|sum| sum.checked_add(money(&part.amount)).ok());
        *count = count.saturating_add(part.count);
    }
    let Some((first, last)) = it.periods.first().zip(it.periods.last()) else { return html! {} };
    let end = last_date(&last.end);
    let name = format!("By subcategory, in {}", it.currency);
    let table = html! {
        table .numbers {
            caption { (name) }
            thead { tr { th scope="col" { "Subcategory" } th scope="col" { "Movements" } th scope="col" { "Amount" } } }
            tbody {
                @for (subcategory, (amount, count)) in sums {
                    @let link = about.of_subcategory(it, &format::subcategory_name(subcategory), (&first.start, &end));
                    tr {
                        th scope="row" { (format::subcategory(subcategory)) }
                        td { (format::count(count)) }
                        td { (cell(&amount.unwrap_or_default().to_string(), &link)) }
                    }
                }
            }
        }
    };
    scrolled(&name, table)
}
