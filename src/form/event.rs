//! Lifecycle events as text: the records that the command line writes.

use chrono::SecondsFormat;

use super::record::{Value, maybe};
use crate::domain::ids::CustomerId;
use crate::domain::lifecycle::{EventKind, LifecycleEvent};

/// The names of an event's fields.
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

/// The values by [`NAMES`], in the spellings of the worked examples.
#[must_use]
pub fn values<'e>(customer_id: &'e CustomerId, event: &'e LifecycleEvent) -> [Value<'e>; 10] {
    use Value::{Absent, Date, Money, Shown, Text};
    let (line_id, charge_id, occurred_at) = match &event.kind {
        EventKind::SignedUp { .. }
        | EventKind::Upgraded { .. }
        | EventKind::Downgraded { .. }
        | EventKind::Canceled { .. } => (Absent, Absent, Absent),
        EventKind::TrialStarted { line_id } | EventKind::TrialEnded { line_id } => {
            (Text(line_id.as_str()), Absent, Absent)
        }
        EventKind::Billed { charge_id, occurred_at, .. } | EventKind::Refunded { charge_id, occurred_at, .. } => {
            (Absent, Text(charge_id.as_str()), Shown(occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        }
    };
    [
        Date(event.date),
        Text(customer_id.as_str()),
        Text(event.currency.as_str()),
        Text(event.kind.name()),
        maybe(event.kind.mrr_delta(), Money),
        // What was billed, or refunded (negative).
        maybe(event.kind.amount().map(|amount| amount.to_string()), Shown),
        line_id,
        charge_id,
        occurred_at,
        maybe(event.provisional_until, Date),
    ]
}
