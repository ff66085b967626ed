//! Events for the sinks without an analytics service, and what they answer.

use deltabook::events::event_filter::EventFilter;
use deltabook::events::secret::SecretSource;
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::payloads;
use crate::support::canary::{self, CANARY};

/// A secret has the name of its variable, and the canary.
#[expect(clippy::unnecessary_wraps, reason = "as the configuration does it")]
pub fn read(source: &SecretSource) -> Result<SecretString, String> {
    canary::watch();
    match source {
        SecretSource::Env(name) => Ok(format!("{name}-{CANARY}").into()),
        SecretSource::File(path) => Ok(format!("{}-{CANARY}", path.display()).into()),
    }
}

pub fn settings<S: serde::de::DeserializeOwned>(settings: Value) -> S {
    serde_json::from_value(settings).unwrap()
}

pub fn outgoing(sequence: i64, fields: Value) -> OutgoingEvent {
    OutgoingEvent { sequence, envelope: serde_json::from_value(fields).unwrap(), second: None }
}

pub fn upgraded() -> OutgoingEvent {
    let fields = json!({
        "id": "7c6d1f0e-2b5a-8c4d-9e3f-0a1b2c3d4e5f", "event": "Upgraded", "date": "2026-03-01",
        "timestamp": "2026-03-01T00:00:00Z", "customer_id": "acme", "identity": "ann@acme.example", "currency": "EUR",
        "mrr_delta": "20", "mrr": "120", "plan": "pro", "category": "UPSELL",
        "subcategory": "QUANTITY_INCREASE", "quantity_before": "5", "quantity_after": "6",
        "subscription_ids": ["S-1"], "reason": "asked for a seat", "account_name": "Acme \"Ü\" Ltd",
    });
    outgoing(1, fields)
}

pub fn trial_started() -> OutgoingEvent {
    let fields = json!({
        "id": "1d2c3b4a-0000-8000-8000-00000000a001", "event": "Trial Started", "date": "2026-02-01",
        "timestamp": "2026-02-01T00:00:00Z", "customer_id": "zeta", "identity": "zeta", "currency": "EUR",
        "plan": "basic", "subscription_ids": ["S-9"], "line_id": "L-9", "trial_start_date": "2026-02-01",
        "trial_end_date": "2026-02-15",
    });
    outgoing(2, fields)
}

/// The event of this number, of one of `customers` customers.
pub fn billed(number: i64, customers: i64) -> OutgoingEvent {
    let customer_id = format!("c{}", number % customers);
    let fields = json!({
        "id": format!("1d2c3b4a-0000-8000-8000-{number:012}"), "event": "Billed", "date": "2026-03-01",
        "timestamp": "2026-03-01T10:20:30Z", "customer_id": customer_id, "identity": customer_id, "currency": "EUR",
        "charge_id": format!("ch-{number}"), "amount": "10.00",
    });
    outgoing(number, fields)
}

pub fn renaming() -> EventFilter {
    settings(json!({"names": {"Upgraded": "plan_grew"}, "properties": {"customer_id": "account", "reason": ""}}))
}

pub fn reason(outcome: &DeliveryOutcome) -> &str {
    match outcome {
        DeliveryOutcome::Failed { reason, .. }
        | DeliveryOutcome::Refused { reason }
        | DeliveryOutcome::Disabled { reason } => reason,
        DeliveryOutcome::Delivered | DeliveryOutcome::Held => "",
    }
}

/// What is sent is what the file has.
#[track_caller]
pub fn assert_payload(name: &str, sent: &str) {
    let sent: Value = serde_json::from_str(sent).unwrap();
    payloads::assert_same(&format!("{name}.json"), &format!("{sent:#}\n"));
}
