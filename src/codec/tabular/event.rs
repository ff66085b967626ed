//! Lifecycle events as rows of the command line.

use chrono::SecondsFormat;

use crate::codec::tabular::row_writer::{Cell, maybe};
use crate::domain::events::event::LifecycleEvent;
use crate::domain::ids::CustomerId;

/// Names of an event's fields.
pub const NAMES: [&str; 10] = [
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

/// Values by [`NAMES`], in the spellings of the worked examples.
#[must_use]
pub fn values<'e>(customer_id: &'e CustomerId, event: &'e LifecycleEvent) -> [Cell<'e>; 10] {
    use Cell::{Date, Money, Shown, Text};
    let bill = event.kind.bill();
    [
        Date(event.date),
        Text(customer_id.as_str()),
        maybe(event.kind.currency_text(), Text),
        Text(event.kind.name().as_str()),
        maybe(event.kind.change().map(|change| change.mrr_delta), Money),
        // Amount billed, or refunded (negative).
        maybe(bill.map(|bill| bill.amount.to_string()), Shown),
        maybe(event.kind.trial().map(|trial| trial.line_id.as_str()), Text),
        maybe(bill.map(|bill| bill.charge_id.as_str()), Text),
        maybe(bill.map(|bill| bill.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)), Shown),
        maybe(event.provisional_until, Date),
    ]
}
