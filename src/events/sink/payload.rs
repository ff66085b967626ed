//! An event as text for receivers that have no form of their own.

use serde_json::{Map, Value};

use crate::codec::envelope::Envelope;
use crate::events::event_filter::Choice;

/// What can be in it.
const NAMES: [&str; 23] = [
    "id",
    "event",
    "date",
    "timestamp",
    "customer_id",
    "identity",
    "currency",
    "mrr_delta",
    "mrr",
    "plan",
    "category",
    "subcategory",
    "quantity_before",
    "quantity_after",
    "subscription_ids",
    "reason",
    "line_id",
    "trial_start_date",
    "trial_end_date",
    "charge_id",
    "amount",
    "description",
    "account_name",
];

/// What is wrong with the choice, if anything is.
///
/// # Errors
/// What is chosen that is not there, or cannot be told apart.
pub fn check(choice: &Choice) -> Result<(), String> {
    choice.check_properties(&NAMES.into_iter().collect())
}

/// The event as one JSON object, under the names that the receiver has chosen.
#[must_use]
pub fn json(envelope: &Envelope, choice: &Choice) -> String {
    if choice.names.is_empty() && choice.properties.is_empty() {
        return envelope.json();
    }
    let Ok(Value::Object(fields)) = serde_json::to_value(envelope) else {
        // Text under fixed names: there is nothing that JSON cannot hold.
        return String::new();
    };
    let mut renamed = Map::new();
    for (name, value) in fields {
        let value = if name == "event" { choice.name(envelope.event).into() } else { value };
        if let Some(name) = choice.property(&name) {
            renamed.insert(name.to_owned(), value);
        }
    }
    Value::Object(renamed).to_string()
}

/// The events, a line each.
#[must_use]
pub fn lines<'e>(envelopes: impl IntoIterator<Item = &'e Envelope>, choice: &Choice) -> Vec<u8> {
    let mut lines = Vec::new();
    for envelope in envelopes {
        lines.extend_from_slice(json(envelope, choice).as_bytes());
        lines.push(b'\n');
    }
    lines
}

/// The name of an event as one word: `trial_started`.
#[must_use]
pub fn word(envelope: &Envelope) -> String {
    envelope.event.as_str().to_lowercase().replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_in_it_is_what_an_envelope_has() {
        let mut all = serde_json::json!({
            "id": "1", "event": "Billed", "date": "2026-03-01", "timestamp": "2026-03-01T00:00:00Z",
            "subscription_ids": ["S-1"], "trial_start_date": "2026-03-01", "trial_end_date": "2026-03-01",
        });
        for name in NAMES {
            all.as_object_mut().unwrap().entry(name).or_insert("text".into());
        }
        let Ok(Value::Object(fields)) = serde_json::to_value(serde_json::from_value::<Envelope>(all).unwrap()) else {
            panic!()
        };
        assert_eq!(fields.keys().collect::<Vec<_>>(), NAMES);
        let choice = |text| serde_json::from_str::<Choice>(text).unwrap();
        assert!(check(&choice(r#"{"properties": {"mrr": "plan"}}"#)).is_err());
        assert!(check(&choice(r#"{"properties": {"MRR": "m"}}"#)).is_err());
        assert!(check(&choice(r#"{"names": {"Billed": ""}}"#)).is_err());
        assert_eq!(check(&choice(r#"{"properties": {"mrr": "plan", "plan": ""}}"#)), Ok(()));
    }

    #[test]
    fn properties_keep_their_order_under_other_names_and_those_without_a_name_are_not_sent() {
        let envelope: Envelope = serde_json::from_str(
            r#"{"id": "1", "event": "Billed", "date": "2026-03-01", "timestamp": "2026-03-01T00:00:00Z",
                "customer_id": "acme", "identity": "ann", "amount": "10.00"}"#,
        )
        .unwrap();
        let choice: Choice = serde_json::from_str(
            r#"{"names": {"Billed": "paid"}, "properties": {"customer_id": "account", "identity": "", "date": ""}}"#,
        )
        .unwrap();
        assert_eq!(
            json(&envelope, &choice),
            r#"{"id":"1","event":"paid","timestamp":"2026-03-01T00:00:00Z","account":"acme","amount":"10.00"}"#
        );
        assert_eq!(json(&envelope, &Choice::default()), envelope.json());
    }
}
