//! Events to send: a customer's life, one of each name.

use deltabook::events::sink::OutgoingEvent;
use serde_json::{Value, json};

/// An object with the fields of another added to its own, or in their place.
pub fn with(mut object: Value, others: &Value) -> Value {
    object.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    object
}

/// An event of the customer `brightwater`; `rest` replaces and adds to what every event has.
pub fn event(sequence: i64, name: &str, date: &str, rest: Value) -> OutgoingEvent {
    let envelope = json!({
        "id": format!("0f1e2d3c-4b5a-8678-9a0b-1c2d3e4f{sequence:04}"),
        "event": name,
        "date": date,
        "timestamp": format!("{date}T00:00:00Z"),
        "customer_id": "brightwater",
        "identity": "ana@brightwater.example",
        "account_name": "Brightwater Ltd",
    });
    OutgoingEvent { sequence, envelope: serde_json::from_value(with(envelope, &rest)).unwrap(), second: None }
}

fn change(sequence: i64, name: &str, date: &str, delta: &str, mrr: &str, rest: Value) -> OutgoingEvent {
    let fields = json!({ "currency": "USD", "mrr_delta": delta, "mrr": mrr, "plan": "seats" });
    let mut change = event(sequence, name, date, with(fields, &rest));
    // The store gives each event for KISSmetrics a second of its own.
    change.second = Some(change.envelope.timestamp.timestamp() + 1);
    change
}

fn trial(sequence: i64, name: &str, date: &str) -> OutgoingEvent {
    let rest = json!({
        "currency": "USD", "plan": "seats", "line_id": "SUB-1-seats", "subscription_ids": ["SUB-1"],
        "trial_start_date": "2025-12-18", "trial_end_date": "2026-01-01",
    });
    event(sequence, name, date, rest)
}

/// A charge of a customer.
pub fn billed(sequence: i64, customer_id: &str) -> OutgoingEvent {
    let rest = json!({
        "customer_id": customer_id, "identity": customer_id, "currency": "USD", "charge_id": format!("CH-{sequence}"),
        "amount": "392.50",
    });
    event(sequence, "Billed", "2026-04-02", rest)
}

/// More seats on two contracts.
pub fn upgraded() -> OutgoingEvent {
    let rest = json!({
        "category": "UPSELL", "subcategory": "QUANTITY_INCREASE", "quantity_before": "10", "quantity_after": "14",
        "subscription_ids": ["SUB-1", "SUB-2"], "reason": "two new teams",
    });
    change(4, "Upgraded", "2026-04-01", "92.5", "392.5", rest)
}

/// One of each name, as they go out.
pub fn one_of_each() -> Vec<OutgoingEvent> {
    let from_to = |category: &str, subcategory: &str, before: &str, after: &str| {
        json!({
            "category": category, "subcategory": subcategory, "quantity_before": before, "quantity_after": after,
            "subscription_ids": ["SUB-1"],
        })
    };
    let reason = json!({ "reason": "moved to a competitor" });
    let charge = |id: &str, amount: &str, description: &str, at: &str| {
        json!({
            "currency": "USD", "charge_id": id, "amount": amount, "description": description, "timestamp": at,
            "subscription_ids": ["SUB-1"],
        })
    };
    vec![
        event(0, "Account Created", "2025-12-18", json!({})),
        trial(1, "Trial Started", "2025-12-18"),
        trial(2, "Trial Ended", "2026-01-01"),
        change(3, "Signed Up", "2026-01-01", "300", "300", from_to("NEW", "NEW_CUSTOMER", "0", "10")),
        upgraded(),
        event(
            5,
            "Billed",
            "2026-04-02",
            charge("CH-5", "392.50", "Monthly Subscription", "2026-04-02T09:30:00.123456Z"),
        ),
        event(6, "Refunded", "2026-04-09", charge("CH-6", "-40.25", "Overage Fee", "2026-04-09T16:05:10Z")),
        change(
            7,
            "Downgraded",
            "2026-07-01",
            "-168.214286",
            "224.285714",
            from_to("DOWNSELL", "QUANTITY_DECREASE", "14", "8"),
        ),
        change(
            8,
            "Canceled",
            "2027-01-01",
            "-224.285714",
            "0",
            with(from_to("CHURN", "CUSTOMER_CHURN", "8", "0"), &reason),
        ),
    ]
}

/// With decimals that no binary number holds.
pub fn exact() -> Vec<OutgoingEvent> {
    let mut change = upgraded();
    change.envelope.mrr_delta = Some("0.1".to_owned());
    change.envelope.mrr = Some("12345678901.123456".to_owned());
    change.envelope.quantity_after = Some("0.3333333333333333333333333333".to_owned());
    let mut charge = billed(9, "brightwater");
    charge.envelope.amount = Some("-98765432109876543.210987".to_owned());
    vec![change, charge]
}
