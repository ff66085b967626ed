//! Lifecycle events as a table for people.

use deltabook::domain::ids::CustomerId;
use deltabook::domain::lifecycle::{EventKind, LifecycleEvent};

use super::table::{Table, left, right};

pub fn table(events: &[(CustomerId, LifecycleEvent)]) -> Table {
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
    for (customer_id, event) in events {
        let date = |date: chrono::NaiveDate| date.to_string();
        table.row([
            customer_id.to_string(),
            date(event.date),
            event.kind.name().to_owned(),
            event.kind.mrr_delta().map(|delta| delta.to_string()).unwrap_or_default(),
            event.kind.amount().map(|amount| amount.to_string()).unwrap_or_default(),
            event.currency.to_string(),
            about(&event.kind),
            event.provisional_until.map(date).unwrap_or_default(),
        ]);
    }
    table
}

/// The line or the charge that an event is about.
fn about(kind: &EventKind) -> String {
    match kind {
        EventKind::TrialStarted { line_id } | EventKind::TrialEnded { line_id } => line_id.to_string(),
        EventKind::Billed { charge_id, .. } | EventKind::Refunded { charge_id, .. } => charge_id.to_string(),
        EventKind::SignedUp { .. }
        | EventKind::Upgraded { .. }
        | EventKind::Downgraded { .. }
        | EventKind::Canceled { .. } => String::new(),
    }
}
