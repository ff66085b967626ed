//! Lifecycle events as stored in the outbox and delivered: one JSON object each, without levels.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::domain::events::event::{Bill, EventKind, EventName, LifecycleEvent, PlanChange};
use crate::domain::facts::fact::Customer;
use crate::domain::ids::{CustomerId, SubscriptionId, TenantId};
use crate::domain::policy::Policy;
use crate::domain::replay::Trial;

/// Event with its customer. Amounts and quantities are decimal strings; fields that do not apply to an event are
/// absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// UUID, the same at every delivery to every sink.
    pub id: String,
    #[serde(serialize_with = "write_name", deserialize_with = "read_name")]
    pub event: EventName,
    /// Absent for the only tenant of a store.
    pub date: NaiveDate,
    /// Instant of a charge, else the start of the date.
    pub timestamp: DateTime<Utc>,
    pub customer_id: String,
    /// Identity of the person or account at the receivers; by default the customer's id.
    pub identity: String,
    /// Absent from `Account Created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Change of MRR of an event that movements caused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrr_delta: Option<String>,
    /// MRR of the customer in the currency at the end of the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrr: Option<String>,
    /// Item that the customer has, or tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcategory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_after: Option<String>,
    /// Contracts concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscription_ids: Vec<String>,
    /// Memos of the change orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_start_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_end_date: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
    /// Amount billed, or refunded (negative).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Description of the charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
}

impl Envelope {
    /// Builds the envelope of a customer's event.
    #[must_use]
    pub fn of(
        tenant_id: &TenantId,
        customer_id: &CustomerId,
        said: Option<&Customer>,
        event: &LifecycleEvent,
        policy: &Policy,
    ) -> Self {
        let named = |text: fn(&Customer) -> &str| said.map(text).filter(|text| !text.is_empty()).map(str::to_owned);
        let happened = event.kind.bill().map(|bill| bill.occurred_at);
        let mut envelope = Self {
            id: event_id(tenant_id, customer_id, &event.key()),
            event: event.kind.name(),
            date: event.date,
            timestamp: happened.unwrap_or_else(|| policy.start_of(event.date)),
            customer_id: customer_id.to_string(),
            identity: named(|said| &said.identity).unwrap_or_else(|| customer_id.to_string()),
            account_name: named(|said| &said.name),
            currency: event.kind.currency_text().map(str::to_owned),
            mrr_delta: None,
            mrr: None,
            plan: None,
            category: None,
            subcategory: None,
            quantity_before: None,
            quantity_after: None,
            subscription_ids: Vec::new(),
            reason: None,
            line_id: None,
            trial_start_date: None,
            trial_end_date: None,
            charge_id: None,
            amount: None,
            description: None,
        };
        match &event.kind {
            EventKind::AccountCreated => {}
            EventKind::TrialStarted(trial) | EventKind::TrialEnded(trial) => envelope.add_trial(trial),
            EventKind::SignedUp(change)
            | EventKind::Upgraded(change)
            | EventKind::Downgraded(change)
            | EventKind::Canceled(change) => envelope.add_change(change),
            EventKind::Billed(bill) | EventKind::Refunded(bill) => envelope.add_bill(bill),
        }
        envelope
    }

    fn add_change(&mut self, change: &PlanChange) {
        self.mrr_delta = Some(change.mrr_delta.to_string());
        self.mrr = Some(change.mrr_after.to_string());
        self.plan = Some(change.plan.to_string());
        self.category = Some(change.subcategory.category().to_string());
        self.subcategory = Some(change.subcategory.to_string());
        self.quantity_before = Some(change.quantity_before.to_string());
        self.quantity_after = Some(change.quantity_after.to_string());
        self.subscription_ids = change.subscriptions.iter().map(ToString::to_string).collect();
        self.reason = not_empty(&change.reason);
    }

    fn add_trial(&mut self, trial: &Trial) {
        self.plan = Some(trial.item_id.to_string());
        self.subscription_ids = vec![trial.subscription_id.to_string()];
        self.line_id = Some(trial.line_id.to_string());
        self.trial_start_date = Some(trial.starts_on);
        self.trial_end_date = Some(trial.ends_on);
    }

    fn add_bill(&mut self, bill: &Bill) {
        self.subscription_ids = bill.subscription_id.iter().map(SubscriptionId::to_string).collect();
        self.charge_id = Some(bill.charge_id.to_string());
        self.amount = Some(bill.amount.to_string());
        self.description = not_empty(&bill.description);
    }

    /// Renders the canonical JSON of the event.
    #[must_use]
    pub fn json(&self) -> String {
        // Text under fixed names: always valid JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn not_empty(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn write_name<S: Serializer>(name: &EventName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.as_str())
}

fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventName, D::Error> {
    let name = String::deserialize(deserializer)?;
    EventName::parse(&name).ok_or_else(|| D::Error::custom(format!("{name:?} is no event")))
}

/// Derives a UUID from names (RFC 9562, version 8), by which receivers recognise a repeat.
fn event_id(tenant_id: &TenantId, customer_id: &CustomerId, key: &str) -> String {
    // No id contains a space.
    let digest = Sha256::digest(format!("deltabook {tenant_id} {customer_id} {key}"));
    let mut bytes = [0_u8; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, digested)| *byte = digested);
    let number = u128::from_be_bytes(bytes);
    let number = number & !(0xf << 76) | (0x8 << 76);
    let number = number & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |range| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_version_8_and_of_the_names_alone() {
        let id = |customer, key| event_id(&TenantId::only(), &CustomerId::parse(customer).unwrap(), key);
        let one = id("acme", "Billed/C1");
        assert_eq!((one.len(), one.get(14..15), one.get(23..24)), (36, Some("8"), Some("-")));
        assert!(matches!(one.get(19..20), Some("8" | "9" | "a" | "b")), "{one}");
        assert_eq!(one, id("acme", "Billed/C1"));
        assert_ne!(one, id("acme", "Billed/C2"));
        assert_ne!(one, id("acme2", "Billed/C1"));
    }
}
