//! Waterfall by group: one row per group, from the first opening to the last closing.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::parts::page::scroll_region;
use crate::console::parts::waterfall::{WaterfallLinks, column_link, column_total, last_date, linked_amount, steps};
use crate::domain::money::Money;
use crate::grpc::v1;

/// The table of the groups of one currency; empty without groups.
pub(in crate::console) fn table(
    groups: &[v1::Waterfall],
    links: WaterfallLinks<'_>,
    kind: &str,
) -> Result<Markup, ErrorPage> {
    let Some(first) = groups.first() else { return Ok(html! {}) };
    let name = format!("By {kind}, in {}", first.currency);
    let mut rows = Vec::with_capacity(groups.len());
    for group in groups {
        rows.push(row(group, links)?);
    }
    let table = html! {
        table .numbers {
            caption { (name) }
            thead {
                tr {
                    th scope="col" { (format::sentence_case(kind)) }
                    th scope="col" { "Opening" }
                    @for step in steps(first) { th scope="col" { (step.name) } }
                    th scope="col" { "Closing" }
                }
            }
            tbody { @for row in rows { (row) } }
        }
    };
    Ok(scroll_region(&name, table))
}

fn row(group: &v1::Waterfall, links: WaterfallLinks<'_>) -> Result<Markup, ErrorPage> {
    let Some((first, last)) = group.periods.first().zip(group.periods.last()) else { return Ok(html! {}) };
    let end = last_date(&last.end)?;
    let mut cells = Vec::new();
    for step in steps(group) {
        let link = if links.has_group_links(group) {
            column_link(step, (&first.start, &end), group, links)
        } else {
            String::new()
        };
        cells.push(linked_amount(column_total(group, step)?, &link));
    }
    Ok(html! {
        tr {
            th scope="row" { (group_name(group)) }
            td { (format::amount(&first.opening)?) }
            @for cell in cells { td { (cell) } }
            td { (format::amount(&last.closing)?) }
        }
    })
}

fn group_name(group: &v1::Waterfall) -> Markup {
    html! {
        @if group.rest { "All others" } @else if group.group.is_empty() { "No value" } @else { (group.group) }
    }
}

/// The table of subcategories, each summed over all periods.
pub(in crate::console) fn subcategory_table(
    it: &v1::Waterfall,
    links: WaterfallLinks<'_>,
) -> Result<Markup, ErrorPage> {
    let mut sums: BTreeMap<i32, (Money, i64)> = BTreeMap::new();
    for part in it.periods.iter().flat_map(|period| &period.subcategories) {
        let (amount, count) = sums.entry(part.subcategory).or_insert((Money::ZERO, 0));
        *amount = amount.checked_add(format::parse_money(&part.amount)?)?;
        *count = count.saturating_add(part.count);
    }
    let Some((first, last)) = it.periods.first().zip(it.periods.last()) else { return Ok(html! {}) };
    let end = last_date(&last.end)?;
    let name = format!("By subcategory, in {}", it.currency);
    let table = html! {
        table .numbers {
            caption { (name) }
            thead { tr { th scope="col" { "Subcategory" } th scope="col" { "Movements" } th scope="col" { "Amount" } } }
            tbody {
                @for (subcategory, (amount, count)) in sums {
                    @let link = links.subcategory(it, &format::subcategory_name(subcategory), (&first.start, &end));
                    tr {
                        th scope="row" { (format::subcategory(subcategory)) }
                        td { (format::count(count)) }
                        td { (linked_amount(amount, &link)) }
                    }
                }
            }
        }
    };
    Ok(scroll_region(&name, table))
}
