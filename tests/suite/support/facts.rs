//! Facts of the tests as JSON: a monthly line of 100 USD, orders on it, and charges.

use serde_json::{Value, json};

/// The line L1 of S1 from 2026-01-01, with some fields of its own.
pub fn line(customer: &str, fields: Value) -> Value {
    let line = json!({
        "line_id": "L1",
        "subscription_id": "S1",
        "customer_id": customer,
        "item_id": "basic",
        "charge_kind": "RECURRING",
        "currency": "USD",
        "start_date": "2026-01-01",
        "price_steps": [{"quantity": "1", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}],
    });
    json!({ "subscription_line": with(line, fields) })
}

/// An order on S1 of 2026-03-01, with some fields of its own.
pub fn order(customer: &str, id: &str, fields: Value) -> Value {
    let order = json!({
        "change_order_id": id,
        "customer_id": customer,
        "subscription_id": "S1",
        "effective_date": "2026-03-01",
    });
    json!({ "change_order": with(order, fields) })
}

/// An order that sets the quantity of L1.
pub fn quantity(customer: &str, id: &str, date: &str, quantity: u32) -> Value {
    let entries = json!([{"line_id": "L1", "quantity": quantity.to_string()}]);
    order(customer, id, json!({"type": "MODIFY_PRICING", "effective_date": date, "entries": entries}))
}

/// A charge of 100 USD.
pub fn charge(customer: &str, id: &str, at: &str) -> Value {
    json!({ "charge": {
        "charge_id": id,
        "customer_id": customer,
        "status": "SUCCEEDED",
        "amount": "100",
        "currency": "USD",
        "occurred_at": at,
        "description": "Monthly Subscription",
    }})
}

/// The object with fields replaced or added.
pub fn with(mut object: Value, fields: Value) -> Value {
    if let Value::Object(fields) = fields {
        object.as_object_mut().unwrap().extend(fields);
    }
    object
}
