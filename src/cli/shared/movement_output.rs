//! Table of movements from the engine, for `deltabook classify`.

use deltabook::codec::describe::cause;
use deltabook::domain::journal::movement::Movement;

use crate::cli::shared::table::{Table, amount, change, left, right};

pub fn table(movements: &[Movement]) -> Table {
    let mut table = Table::new([
        left("customer"),
        left("date"),
        left("level"),
        left("category"),
        left("subcategory"),
        left("item"),
        left("line"),
        right("MRR before"),
        right("MRR change"),
        right("MRR after"),
        left("currency"),
        right("quantity"),
        left("cause"),
        left("rules"),
    ]);
    for movement in movements {
        let rules: Vec<String> = movement.rules.iter().map(|rule| rule.to_string()).collect();
        table.row([
            movement.customer_id.to_string(),
            movement.effective_date.to_string(),
            movement.level.to_string(),
            movement.category.to_string(),
            movement.subcategory.to_string(),
            movement.item_id.to_string(),
            line(movement),
            amount(movement.mrr_before),
            change(movement.delta),
            amount(movement.mrr_after),
            movement.currency.to_string(),
            quantity(movement),
            because(movement),
            rules.join(" "),
        ]);
    }
    table
}

/// Subscription and line; a renewal by link has a subscription only.
fn line(movement: &Movement) -> String {
    match (&movement.subscription_id, &movement.line_id) {
        (Some(subscription), Some(line)) => format!("{subscription} {line}"),
        (Some(subscription), None) => subscription.to_string(),
        (None, _) => String::new(),
    }
}

fn quantity(movement: &Movement) -> String {
    let (before, after) = (movement.quantity_before, movement.quantity_after);
    if before == after { after.to_string() } else { format!("{before} → {after}") }
}

fn because(movement: &Movement) -> String {
    let mut text = movement.causes.iter().map(cause).collect::<Vec<_>>().join("; ");
    if let Some(renewed) = movement.renewed_mrr {
        text = format!("{text} (renews {})", amount(renewed));
    }
    if let Some(date) = movement.provisional_until {
        text = format!("{text} (provisional until {date})");
    }
    text
}
