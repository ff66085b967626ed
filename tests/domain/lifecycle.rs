//! R18: what the worked examples do not show of the events: trials, charges, sign-ups, the order of a date, and ends
//! that are still provisional.

use deltabook::domain::events::event::LifecycleEvent;
use deltabook::domain::events::lifecycle::lifecycle;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use serde_json::{Value, json};

use crate::facts::decode;

fn events(facts: Value, policy: Policy) -> Vec<LifecycleEvent> {
    let facts: CustomerFacts = facts.as_array().unwrap().iter().map(|fact| decode::json(fact.clone())).collect();
    lifecycle(&replay(&facts, &policy).unwrap(), &facts, &policy).unwrap()
}

fn shown(events: &[LifecycleEvent]) -> Vec<String> {
    let amount =
        |event: &LifecycleEvent| event.kind.change().map_or(String::new(), |change| format!(" {}", change.mrr_delta));
    events.iter().map(|event| format!("{} {}{}", event.date, event.kind.name(), amount(event))).collect()
}

fn line(fields: Value) -> Value {
    let mut line = json!({
        "line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "basic",
        "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-01",
        "price_steps": [{"quantity": "1", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}],
    });
    line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "subscription_line": line })
}

fn charge(id: &str, status: &str, amount: &str, at: &str) -> Value {
    json!({"charge": {"charge_id": id, "customer_id": "acme", "status": status, "amount": amount,
        "currency": "USD", "occurred_at": at}})
}

#[test]
fn a_trial_that_converts_starts_ends_and_signs_up() {
    let facts = json!([line(json!({"trial_end_date": "2026-01-15"}))]);
    assert_eq!(
        shown(&events(facts, Policy::default())),
        ["2026-01-01 Trial Started", "2026-01-15 Trial Ended", "2026-01-15 Signed Up 100"]
    );
}

#[test]
fn an_end_inside_the_trial_ends_the_trial_and_never_cancels() {
    let facts = json!([line(json!({"trial_end_date": "2026-01-15", "end_date": "2026-01-10"}))]);
    assert_eq!(shown(&events(facts, Policy::default())), ["2026-01-01 Trial Started", "2026-01-10 Trial Ended"]);
}

#[test]
fn charges_are_billed_and_refunds_are_negative_and_failures_are_silent() {
    let facts = json!([
        line(json!({})),
        charge("C1", "REFUNDED", "30", "2026-01-01T08:00:00Z"),
        charge("C2", "SUCCEEDED", "100", "2026-01-01T09:00:00Z"),
        charge("C3", "FAILED", "100", "2026-01-01T07:00:00Z"),
    ]);
    let events = events(facts, Policy::default());
    assert_eq!(shown(&events), ["2026-01-01 Signed Up 100", "2026-01-01 Billed", "2026-01-01 Refunded"]);
    let amounts: Vec<String> =
        events.iter().filter_map(|event| event.kind.bill()).map(|bill| bill.amount.to_string()).collect();
    assert_eq!(amounts, ["100", "-30"]);
}

#[test]
fn an_ignored_change_and_a_renewal_send_nothing() {
    let order = |id, kind, fields: Value| {
        let mut order = json!({"change_order_id": id, "customer_id": "acme", "subscription_id": "S1", "type": kind});
        order.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "change_order": order })
    };
    let facts = json!([
        line(json!({"end_date": "2027-01-01"})),
        order(
            "O1",
            "MODIFY_PRICING",
            json!({"effective_date": "2026-03-01", "modification_type": "IGNORED",
            "entries": [{"line_id": "L1", "unit_price": "150"}]})
        ),
        order("O2", "RENEWAL", json!({"effective_date": "2027-01-01"})),
    ]);
    assert_eq!(shown(&events(facts, Policy::default())), ["2026-01-01 Signed Up 100"]);
}

#[test]
fn provisional_end_has_its_own_date_and_is_due_after_the_grace() {
    let facts = json!([line(json!({"end_date": "2026-04-01"}))]);
    let events = events(facts, Policy { lapse_grace_days: 30, ..Policy::default() });
    assert_eq!(shown(&events), ["2026-01-01 Signed Up 100", "2026-04-01 Canceled -100"]);
    assert_eq!(events[1].provisional_until.map(|date| date.to_string()), Some("2026-05-01".to_owned()));
    assert_eq!(events[0].provisional_until, None);
}
