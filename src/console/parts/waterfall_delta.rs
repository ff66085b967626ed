//! Effect of an override: replaced movements and changed amounts of the waterfall.

use maud::{Markup, html};

use crate::console::error_page::ErrorPage;
use crate::console::format;
use crate::console::parts::movement_table;
use crate::console::parts::page::Heading::{Number, Text};
use crate::console::parts::page::table;
use crate::grpc::v1;

pub(in crate::console) fn effect(delta: &v1::OverrideEffect) -> Result<Markup, ErrorPage> {
    if delta.before.is_empty() && delta.after.is_empty() {
        return Ok(html! { p .warning { "No change: the movement already has this classification." } });
    }
    Ok(html! {
        (change_table(&delta.waterfall_changes)?)
        (movement_table::table("Reversed movements", &delta.before)?)
        (movement_table::table("Replacement movements", &delta.after)?)
    })
}

fn change_table(changes: &[v1::WaterfallChange]) -> Result<Markup, ErrorPage> {
    if changes.is_empty() {
        return Ok(html! { p { "The waterfall does not change." } });
    }
    let headings = [Text("Month"), Text("Level"), Text("Column"), Number("Change"), Number("Movements"), Text("Note")];
    let rows = html! {
        @for it in changes {
            tr {
                th .date scope="row" { (it.month) }
                td { (format::level(it.level)) }
                td { (format::sentence_case(&it.column)) }
                td .number { (format::signed_amount(&it.amount)?) " " (it.currency) }
                td .number { (format::signed_count(it.count)) }
                td {
                    @if it.prior_period_adjustment { "Prior-period adjustment, because the month is closed. " }
                    @if !it.counts_from.is_empty() { "Included from " (it.counts_from) " on." }
                }
            }
        }
    };
    Ok(table("Waterfall changes", &headings, rows))
}
