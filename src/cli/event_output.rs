//! Lifecycle events as a table, as CSV and as JSON Lines.

use std::io::{self, Write};

use deltabook::form::event::EventRecord;

use super::output::{self, Format};
use super::table::{Table, left, right};

pub fn write(out: &mut dyn Write, format: Format, events: Vec<EventRecord>) -> io::Result<()> {
    match format {
        Format::Jsonl => output::jsonl(out, events),
        Format::Csv => output::csv(out, HEADER, events.into_iter().map(row)),
        Format::Table if events.is_empty() => writeln!(out, "no events"),
        Format::Table => write!(out, "{}", table(events)),
    }
}

/// The names of [`EventRecord`]'s fields.
const HEADER: [&str; 10] = [
    "date",
    "customer_id",
    "currency",
    "event",
    "mrr_delta",
    "amount",
    "line_id",
    "charge_id",
    "occurred_at",
    "provisional_until",
];

fn row(record: EventRecord) -> [String; 10] {
    let maybe = Option::unwrap_or_default;
    [
        record.date,
        record.customer_id,
        record.currency,
        record.event.to_owned(),
        maybe(record.mrr_delta),
        maybe(record.amount),
        maybe(record.line_id),
        maybe(record.charge_id),
        maybe(record.occurred_at),
        maybe(record.provisional_until),
    ]
}

fn table(events: Vec<EventRecord>) -> Table {
    let mut table = Table::new([
        left("customer"),
        left("date"),
        left("event"),
        right("MRR change"),
        right("amount"),
        left("currency"),
        left("of"),
        left("provisional until"),
    ]);
    for event in events {
        table.row([
            event.customer_id,
            event.date,
            event.event.to_owned(),
            event.mrr_delta.unwrap_or_default(),
            event.amount.unwrap_or_default(),
            event.currency,
            event.line_id.or(event.charge_id).unwrap_or_default(),
            event.provisional_until.unwrap_or_default(),
        ]);
    }
    table
}
