//! What an override changes: movements, and cells of the waterfall.

use maud::{Markup, html};

use super::movement_table;
use super::page::scrolled;
use super::text;
use crate::grpc::v1;

pub(super) fn shown(effect: &v1::OverrideEffect) -> Markup {
    if effect.before.is_empty() && effect.after.is_empty() {
        return html! { p .warning { "Nothing: it counts like that already." } };
    }
    html! {
        (waterfall(&effect.waterfall_changes))
        h2 { "Movements that are reversed" }
        (movement_table::table("Movements that are reversed", &effect.before))
        h2 { "Movements in their place" }
        (movement_table::table("Movements in their place", &effect.after))
    }
}

fn waterfall(changes: &[v1::WaterfallChange]) -> Markup {
    if changes.is_empty() {
        return html! { p { "No cell of the waterfall changes." } };
    }
    let table = html! {
        table {
            caption { "Cells of the waterfall that change" }
            thead {
                tr {
                    th scope="col" { "Month" }
                    th scope="col" { "Level" }
                    th scope="col" { "Column" }
                    th .number scope="col" { "Change" }
                    th .number scope="col" { "Movements" }
                    th scope="col" { "Note" }
                }
            }
            tbody {
                @for it in changes {
                    tr {
                        th scope="row" { (it.month) }
                        td { (text::level(it.level)) }
                        td { (text::words(&it.column)) }
                        td .number { (text::change(&it.amount)) " " (it.currency) }
                        td .number { (text::change_of_count(it.count)) }
                        td {
                            @if it.prior_period_adjustment { "Of a closed month: a prior-period adjustment. " }
                            @if !it.counts_from.is_empty() { "Counts from " (it.counts_from) "." }
                        }
                    }
                }
            }
        }
    };
    html! { section { (scrolled("Cells of the waterfall that change", table)) } }
}
