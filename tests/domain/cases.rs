//! Worked examples: `tests/cases/*.json`, each some facts with the movements and events that the rules give.
//!
//! Adding a case is adding a file and its name to the list below; a file without a name in the list fails a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deltabook::domain::events::event::LifecycleEvent;
use deltabook::domain::events::lifecycle::lifecycle;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::facts::fact::Fact;
use deltabook::domain::ids::CustomerId;
use deltabook::domain::journal::movement::Movement;
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::facts::decode;
use crate::facts::raw::RawFacts;

type Record = Map<String, Value>;

#[derive(Deserialize)]
struct Case {
    title: String,
    #[serde(default)]
    policy: CasePolicy,
    facts: RawFacts,
    expected_movements: Vec<Record>,
    expected_events: Vec<Record>,
}

#[derive(Default, Deserialize)]
struct CasePolicy {
    #[serde(default)]
    lapse_grace_days: u16,
}

/// A test for each worked example, by the name of its file: `case_01_new_contract` is of `01-new-contract.json`.
macro_rules! cases {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                check(&file_name(stringify!($name)));
            }
        )*

        const CASES: &[&str] = &[$(stringify!($name)),*];
    };
}

cases! {
    case_01_new_contract_new_customer,
    case_02_price_increase_order,
    case_03_price_increase_scheduled,
    case_04_quantity_increase,
    case_05_add_on_order,
    case_06_add_on_co_termed,
    case_07_price_decrease_and_discount,
    case_08_quantity_decrease,
    case_09_item_removal,
    case_10_churn_by_termination,
    case_11_churn_by_lapse,
    case_12_renewal_order_flat,
    case_13_renewal_order_uplift,
    case_14_renewal_link,
    case_15_renewal_link_late_and_early,
    case_16_suspension,
    case_17_suspension_as_churn,
    case_18_two_contracts_one_customer,
    case_19_contract_swap_same_day,
    case_20_plan_switch,
    case_21_both_change_mixed,
    case_22_trial_converts_trial_cancelled,
    case_23_free_then_paid_then_free,
    case_24_returning_customer,
    case_25_ignored_price_change,
    case_26_activation_counted_as_upsell,
    case_27_removal_counted_as_churn_at_both_levels,
    case_28_intervals_and_rounding,
    case_29_discount_line,
    case_30_one_time_and_usage,
    case_31_two_currencies,
    case_32_two_orders_one_day,
    case_33_terminated_before_start_and_void_orders,
    case_34_end_of_day_termination,
    case_35_scheduled_step_survives_an_order,
    case_36_override_of_a_scheduled_step,
    case_37_discount_never_makes_a_credit,
    case_38_new_day_with_two_causes,
    case_39_relabelled_group_has_its_own_line,
    case_40_renewal_of_trial_and_free_lines,
    case_41_suspension_of_two_lines_and_a_trial,
    case_42_renewal_link_after_a_plan_switch,
    case_43_override_replaces_the_orders_own_type,
    case_44_link_before_the_old_end,
    case_45_terminated_in_the_gap,
    case_46_late_renewal_order,
    case_47_effects_from_the_exact_value,
    case_48_new_or_churn_with_a_discount_line,
    case_49_suspended_as_churn_before_it_counts,
    case_50_relabelled_renewal,
}

#[test]
fn each_case_file_has_a_test() {
    let mut files: Vec<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(CASES.iter().copied().map(file_name).collect::<Vec<_>>(), files);
}

fn file_name(test: &str) -> String {
    format!("{}.json", test.trim_start_matches("case_").replace('_', "-"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn check(file: &str) {
    let case: Case = serde_json::from_str(&fs::read_to_string(folder().join(file)).unwrap()).unwrap();
    let policy = Policy { lapse_grace_days: case.policy.lapse_grace_days, ..Policy::default() };
    let facts: Vec<Fact> = case.facts.into_facts().map(|raw| decode::fact(&raw)).collect();
    for arrival in arrivals(&facts) {
        let (movements, events) = classify(arrival, &policy);
        let differences = [
            differences("movement", &case.expected_movements, &movements),
            differences("event", &case.expected_events, &events),
        ]
        .concat();
        assert!(differences.is_empty(), "{file}: {}\n{}", case.title, differences.join("\n"));
    }
}

/// Every order of arrival of up to five facts; of more, every rotation forwards and backwards.
fn arrivals(facts: &[Fact]) -> Vec<Vec<Fact>> {
    if facts.len() <= 5 {
        return permutations(facts);
    }
    let mut orders = Vec::new();
    let mut turned = facts.to_vec();
    for _ in facts {
        turned.rotate_left(1);
        orders.push(turned.clone());
        orders.push(turned.iter().rev().cloned().collect());
    }
    orders
}

fn permutations(facts: &[Fact]) -> Vec<Vec<Fact>> {
    let Some((first, rest)) = facts.split_first() else { return vec![vec![]] };
    let mut orders = Vec::new();
    for shorter in permutations(rest) {
        for position in 0..=shorter.len() {
            let mut order = shorter.clone();
            order.insert(position, first.clone());
            orders.push(order);
        }
    }
    orders
}

fn classify(facts: Vec<Fact>, policy: &Policy) -> (Vec<Record>, Vec<Record>) {
    let mut customers: BTreeMap<CustomerId, CustomerFacts> = BTreeMap::new();
    for fact in facts {
        customers.entry(fact.customer_id().clone()).or_default().insert(fact);
    }
    let (mut movements, mut events) = (Vec::new(), Vec::new());
    for (customer_id, facts) in &customers {
        let replayed = replay(facts, policy).unwrap();
        movements.extend(replayed.movements.iter().map(movement_record));
        let all = lifecycle(&replayed, facts, policy).unwrap();
        events.extend(all.iter().filter_map(|event| event_record(customer_id, event)));
    }
    (movements, events)
}

/// The fields that the cases compare; an expected field that is not among them fails its case.
fn movement_record(movement: &Movement) -> Record {
    let text = |value: Option<String>| value.map_or(Value::Null, Value::String);
    let record = json!({
        "level": movement.level.to_string(),
        "customer_id": movement.customer_id.to_string(),
        "effective_date": movement.effective_date.to_string(),
        "currency": movement.currency.to_string(),
        "item_id": movement.item_id.to_string(),
        "subscription_id": text(movement.subscription_id.as_ref().map(ToString::to_string)),
        "line_id": text(movement.line_id.as_ref().map(ToString::to_string)),
        "category": movement.category.to_string(),
        "subcategory": movement.subcategory.to_string(),
        "mrr_delta": movement.delta.to_string(),
        "mrr_before": movement.mrr_before.to_string(),
        "mrr_after": movement.mrr_after.to_string(),
        "quantity_before": movement.quantity_before.to_string(),
        "quantity_after": movement.quantity_after.to_string(),
        "quantity_effect": text(movement.effects.map(|effects| effects.quantity.to_string())),
        "price_effect": text(movement.effects.map(|effects| effects.price.to_string())),
        "renewed_mrr": text(movement.renewed_mrr.map(|mrr| mrr.to_string())),
        "provisional_until": text(movement.provisional_until.map(|date| date.to_string())),
    });
    record
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}

/// The cases speak of these three; the rest of R18 has tests of its own.
fn event_record(customer_id: &CustomerId, event: &LifecycleEvent) -> Option<Record> {
    let name = event.kind.name().as_str();
    if !["Upgraded", "Downgraded", "Canceled"].contains(&name) {
        return None;
    }
    let record = json!({
        "date": event.date.to_string(),
        "customer_id": customer_id.to_string(),
        "currency": event.kind.currency_text(),
        "event": name,
        "mrr_delta": event.kind.change().unwrap().mrr_delta.to_string(),
    });
    record.as_object().cloned()
}

/// Compares as multisets, by the fields that any expected record has.
fn differences(what: &str, expected: &[Record], actual: &[Record]) -> Vec<String> {
    const OPTIONAL: [&str; 5] = ["subscription_id", "line_id", "quantity_effect", "price_effect", "renewed_mrr"];
    let names: Vec<&str> =
        expected.iter().flat_map(|record| record.keys().map(String::as_str)).chain(OPTIONAL).collect();
    let shown = |record: &Record| {
        let known: BTreeMap<&str, &Value> =
            record.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(n, v)| (n.as_str(), v)).collect();
        serde_json::to_string(&known).unwrap()
    };
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for record in expected {
        *counts.entry(shown(record)).or_default() += 1;
    }
    for record in actual {
        *counts.entry(shown(record)).or_default() -= 1;
    }
    let unequal = counts.into_iter().filter(|(_, count)| *count != 0);
    unequal
        .map(|(record, count)| {
            let side = if count > 0 { "missing" } else { "not expected" };
            format!("  {side} {what}: {record}")
        })
        .collect()
}
