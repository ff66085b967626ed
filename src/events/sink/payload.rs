//! Encodes an event as JSON, for receivers without a format of their own.

use serde_json::{Map, Value};

use crate::bug;
use crate::bug::Bug;
use crate::codec::envelope::Envelope;
use crate::events::event_filter::EventFilter;

/// Names of all properties.
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

/// Checks a filter.
///
/// # Errors
/// A name that does not exist, or that occurs twice.
pub fn check(filter: &EventFilter) -> Result<(), String> {
    filter.check_properties(&NAMES.into_iter().collect())
}

/// Encodes an event as one JSON object, under the receiver's own names.
pub fn json(envelope: &Envelope, filter: &EventFilter) -> Result<String, Bug> {
    if filter.names.is_empty() && filter.properties.is_empty() {
        return Ok(envelope.json());
    }
    let Ok(Value::Object(fields)) = serde_json::to_value(envelope) else {
        return Err(bug!("event {} is not a JSON object", envelope.id));
    };
    let mut renamed = Map::new();
    for (name, value) in fields {
        let value = if name == "event" { filter.event_name(envelope.event).into() } else { value };
        if let Some(name) = filter.property_name(&name) {
            renamed.insert(name.to_owned(), value);
        }
    }
    Ok(Value::Object(renamed).to_string())
}

/// Encodes events as lines of JSON.
pub fn lines<'e>(envelopes: impl IntoIterator<Item = &'e Envelope>, filter: &EventFilter) -> Result<Vec<u8>, Bug> {
    let mut lines = Vec::new();
    for envelope in envelopes {
        lines.extend_from_slice(json(envelope, filter)?.as_bytes());
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Name of the event in snake case: `trial_started`.
#[must_use]
pub fn snake_case_name(envelope: &Envelope) -> String {
    envelope.event.as_str().to_lowercase().replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_properties_of_an_envelope() {
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
        let filter = |text| serde_json::from_str::<EventFilter>(text).unwrap();
        assert!(check(&filter(r#"{"properties": {"mrr": "plan"}}"#)).is_err());
        assert!(check(&filter(r#"{"properties": {"MRR": "m"}}"#)).is_err());
        assert!(check(&filter(r#"{"names": {"Billed": ""}}"#)).is_err());
        assert_eq!(check(&filter(r#"{"properties": {"mrr": "plan", "plan": ""}}"#)), Ok(()));
    }

    #[test]
    fn renames_properties_in_order_and_omits_those_with_an_empty_name() {
        let envelope: Envelope = serde_json::from_str(
            r#"{"id": "1", "event": "Billed", "date": "2026-03-01", "timestamp": "2026-03-01T00:00:00Z",
                "customer_id": "acme", "identity": "ann", "amount": "10.00"}"#,
        )
        .unwrap();
        let filter: EventFilter = serde_json::from_str(
            r#"{"names": {"Billed": "paid"}, "properties": {"customer_id": "account", "identity": "", "date": ""}}"#,
        )
        .unwrap();
        assert_eq!(
            json(&envelope, &filter).unwrap(),
            r#"{"id":"1","event":"paid","timestamp":"2026-03-01T00:00:00Z","account":"acme","amount":"10.00"}"#
        );
        assert_eq!(json(&envelope, &EventFilter::default()).unwrap(), envelope.json());
    }
}
