//! Movements as a table, as CSV and as JSON Lines.

use std::io::{self, Write};

use deltabook::domain::movement::Movement;
use deltabook::form::movement::{MovementRecord, cause};

use super::output::{self, Format};
use super::table::{Table, amount, change, left, right};

pub fn write(out: &mut dyn Write, format: Format, movements: &[Movement]) -> io::Result<()> {
    let records = movements.iter().map(MovementRecord::from);
    match format {
        Format::Jsonl => output::jsonl(out, records),
        Format::Csv => output::csv(out, HEADER, records.map(csv_row)),
        Format::Table if movements.is_empty() => writeln!(out, "no movements"),
        Format::Table => write!(out, "{}", table(movements)),
    }
}

/// The names of [`MovementRecord`]'s fields.
const HEADER: [&str; 20] = [
    "level",
    "customer_id",
    "effective_date",
    "currency",
    "item_id",
    "subscription_id",
    "line_id",
    "category",
    "subcategory",
    "mrr_delta",
    "mrr_before",
    "mrr_after",
    "quantity_before",
    "quantity_after",
    "quantity_effect",
    "price_effect",
    "renewed_mrr",
    "causes",
    "rules",
    "provisional_until",
];

fn csv_row(record: MovementRecord) -> [String; 20] {
    let maybe = Option::unwrap_or_default;
    [
        record.level.to_owned(),
        record.customer_id,
        record.effective_date,
        record.currency,
        record.item_id,
        maybe(record.subscription_id),
        maybe(record.line_id),
        record.category.to_owned(),
        record.subcategory.to_owned(),
        record.mrr_delta,
        record.mrr_before,
        record.mrr_after,
        record.quantity_before,
        record.quantity_after,
        maybe(record.quantity_effect),
        maybe(record.price_effect),
        maybe(record.renewed_mrr),
        record.causes.join("; "),
        record.rules.join(" "),
        maybe(record.provisional_until),
    ]
}

fn table(movements: &[Movement]) -> Table {
    let mut table = Table::new([
        left("customer"),
        left("date"),
        left("level"),
        left("category"),
        left("subcategory"),
        left("item"),
        left("line"),
        right("MRR before"),
        right("change"),
        right("after"),
        left("currency"),
        right("quantity"),
        left("because"),
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

/// The line with its subscription before it; a renewal by link is about a subscription only.
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
