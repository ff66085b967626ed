//! Lifecycle events as text: the records that the command line writes.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::domain::ids::CustomerId;
use crate::domain::lifecycle::{EventKind, LifecycleEvent};

/// An event with the names and spellings of the worked examples; amounts are decimal strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRecord {
    pub date: String,
    pub customer_id: String,
    pub currency: String,
    pub event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mrr_delta: Option<String>,
    /// What was billed, or refunded (negative).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisional_until: Option<String>,
}

impl EventRecord {
    #[must_use]
    pub fn new(customer_id: &CustomerId, event: &LifecycleEvent) -> Self {
        let mut record = Self {
            date: event.date.to_string(),
            customer_id: customer_id.to_string(),
            currency: event.currency.to_string(),
            event: event.kind.name(),
            mrr_delta: event.kind.mrr_delta().map(|delta| delta.to_string()),
            amount: None,
            line_id: None,
            charge_id: None,
            occurred_at: None,
            provisional_until: event.provisional_until.map(|date| date.to_string()),
        };
        match &event.kind {
            EventKind::SignedUp { .. }
            | EventKind::Upgraded { .. }
            | EventKind::Downgraded { .. }
            | EventKind::Canceled { .. } => {}
            EventKind::TrialStarted { line_id } | EventKind::TrialEnded { line_id } => {
                record.line_id = Some(line_id.to_string());
            }
            EventKind::Billed { charge_id, amount, occurred_at }
            | EventKind::Refunded { charge_id, amount, occurred_at } => {
                record.charge_id = Some(charge_id.to_string());
                record.amount = Some(amount.to_string());
                record.occurred_at = Some(occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            }
        }
        record
    }
}
