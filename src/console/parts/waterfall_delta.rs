//! What an override changes: movements, and cells of the waterfall.

use maud::{Markup, html};

use crate::console::format;
use crate::console::parts::movement_table;
use crate::console::parts::page::Heading::{Number, Words};
use crate::console::parts::page::table;
use crate::grpc::v1;

pub(in crate::console) fn shown(effect: &v1::OverrideEffect) -> Markup {
    if effect.before.is_empty() && effect.after.is_empty() {
        return html! { p .warning { "Nothing: it counts like that already." } };
    }
    html! {
        (waterfall(&effect.waterfall_changes))
        (movement_table::listed("Movements that are reversed", &effect.before))
        (movement_table::listed("Movements in their place", &effect.after))
    }
}

fn waterfall(changes: &[v1::WaterfallChange]) -> Markup {
    if changes.is_empty() {
        return html! { p { "No cell of the waterfall changes." } };
    }
    let headings =
        [Words("Month"), Words("Level"), Words("Column"), Number("Change"), Number("Movements"), Words("Note")];
    let rows = html! {
        @for it in changes {
            tr {
                th .date scope="row" { (it.month) }
                td { (format::level(it.level)) }
                td { (format::words(&it.column)) }
                td .number { (format::change(&it.amount)) " " (it.currency) }
                td .number { (format::change_of_count(it.count)) }
                td {
                    @if it.prior_period_adjustment { "Of a closed month: a prior-period adjustment. " }
                    @if !it.counts_from.is_empty() { "Counts from " (it.counts_from) "." }
                }
            }
        }
    };
    table("Cells of the waterfall that change", &headings, rows)
}
