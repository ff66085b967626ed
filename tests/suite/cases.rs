//! Worked examples: `tests/cases/*.json`, each some facts with the movements and events that the rules give.
//! Adding a case is adding a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use deltabook::domain::customer_facts::CustomerFacts;
use deltabook::domain::event::LifecycleEvent;
use deltabook::domain::fact::Fact;
use deltabook::domain::ids::CustomerId;
use deltabook::domain::lifecycle::lifecycle;
use deltabook::domain::movement::Movement;
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::replay;
use deltabook::form::decode;
use deltabook::form::movement::{NAMES, values};
use deltabook::form::raw::RawFacts;
use deltabook::form::record::push_json;
use serde::Deserialize;
use serde_json::{Map, Value, json};

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

#[test]
fn every_case_gives_the_expected_movements_and_events() {
    let mut report = String::new();
    let files = case_files();
    assert!(files.len() >= 50, "only {} cases found", files.len());
    for file in files {
        let case: Case = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let facts: Vec<Fact> = case
            .facts
            .into_facts()
            .map(|(path, raw)| {
                decode::fact(&raw, &path).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", file.display()))
            })
            .collect();
        for arrival in arrivals(&facts) {
            let (movements, events) =
                classify(arrival, &Policy { lapse_grace_days: case.policy.lapse_grace_days, ..Policy::default() });
            let differences = [
                differences("movement", &case.expected_movements, &movements),
                differences("event", &case.expected_events, &events),
            ]
            .concat();
            if !differences.is_empty() {
                let name = file.file_name().unwrap().to_string_lossy();
                write!(report, "\n{name}: {}\n{}", case.title, differences.join("\n")).unwrap();
                break;
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
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

fn movement_record(movement: &Movement) -> Record {
    let mut text = Vec::new();
    push_json(&mut text, &NAMES, &values(movement));
    serde_json::from_slice(&text).unwrap()
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
