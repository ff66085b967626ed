//! Table of lifecycle events.

use deltabook::domain::events::event::{EventKind, LifecycleEvent};
use deltabook::domain::ids::CustomerId;

use crate::cli::shared::table::{Table, left, right};

pub fn table(events: &[(CustomerId, LifecycleEvent)]) -> Table {
    let mut table = Table::new([
        left("customer"),
        left("date"),
        left("event"),
        right("MRR change"),
        right("amount"),
        left("currency"),
        left("subject"),
        left("provisional until"),
    ]);
    for (customer_id, event) in events {
        let date = |date: chrono::NaiveDate| date.to_string();
        table.row([
            customer_id.to_string(),
            date(event.date),
            event.kind.name().to_string(),
            event.kind.change().map(|change| change.mrr_delta.to_string()).unwrap_or_default(),
            event.kind.bill().map(|bill| bill.amount.to_string()).unwrap_or_default(),
            event.kind.currency_text().unwrap_or_default().to_owned(),
            about(&event.kind),
            event.provisional_until.map(date).unwrap_or_default(),
        ]);
    }
    table
}

/// The line or the charge of an event.
fn about(kind: &EventKind) -> String {
    let line = kind.trial().map(|trial| trial.line_id.to_string());
    line.or_else(|| kind.bill().map(|bill| bill.charge_id.to_string())).unwrap_or_default()
}
