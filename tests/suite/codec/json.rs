//! Facts as JSON: noise, and valid facts with something broken in them.

use deltabook::codec::dto::{RawFact, RawFacts};
use deltabook::codec::validation::Violation;
use deltabook::codec::{decode, encode};
use deltabook::domain::facts::fact::Fact;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::parsers::odd_text;
use crate::generated_facts;
use crate::generated_facts::histories::{History, config, histories, huge_histories};

const PATH: &str = "facts[7]";

/// Names of fields among the keys, so that noise gets past the first door.
fn noise() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 14] = [
        "customer",
        "subscription_line",
        "change_order",
        "override",
        "subscription_lines",
        "line_id",
        "customer_id",
        "revision",
        "price_steps",
        "entries",
        "interval",
        "levels",
        "attributes",
        "type",
    ];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        odd_text().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 5, |inner| {
        let key = prop_oneof![select(&NAMES[..]).prop_map(str::to_owned), any::<String>()];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(key, inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// One of the facts of a history.
fn facts() -> impl Strategy<Value = Fact> {
    let pick = |history: History, index: Index| index.get(&history.facts).clone();
    prop_oneof![
        (histories(), any::<Index>()).prop_map(move |(history, index)| pick(history, index)),
        (huge_histories(), any::<Index>()).prop_map(move |(history, index)| pick(history, index)),
    ]
}

/// What is done to the JSON of a fact, at one of its nodes.
#[derive(Debug, Clone)]
enum Damage {
    Drop,
    Replace(Value),
}

fn damages() -> impl Strategy<Value = Vec<(Index, Damage)>> {
    let damage = prop_oneof![
        1 => Just(Damage::Drop),
        2 => noise().prop_map(Damage::Replace),
        4 => odd_text().prop_map(|text| Damage::Replace(text.into())),
    ];
    vec((any::<Index>(), damage), 1..4)
}

/// JSON pointers of all nodes below the kind of fact, parents first.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, child)| (format!("{at}/{}", escaped(name)), child)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(i, child)| (format!("{at}/{i}"), child)).collect(),
        _ => vec![],
    };
    children.into_iter().flat_map(|(at, child)| [vec![at.clone()], pointers(child, &at)].concat()).collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn damage(fact: &mut Value, pointer: &str, damage: Damage) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (damage, fact.pointer_mut(parent)) {
        (Damage::Replace(value), _) => *fact.pointer_mut(pointer).unwrap() = value,
        (Damage::Drop, Some(Value::Object(map))) => map.retain(|other, _| escaped(other) != name),
        (Damage::Drop, Some(Value::Array(list))) => drop(list.remove(name.parse().unwrap())),
        (Damage::Drop, _) => {}
    }
}

/// `/price_steps/0/unit_price` → `price_steps[0].unit_price`.
fn field(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, part| match part.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) if path.is_empty() => part.to_owned(),
        Err(_) => format!("{path}.{part}"),
    })
}

fn check_violations(read: Result<Fact, Vec<Violation>>) -> Result<(), TestCaseError> {
    match read {
        Ok(fact) => prop_assert_eq!(decode::fact(&encode::fact(&fact), PATH), Ok(fact)),
        Err(violations) => {
            prop_assert!(!violations.is_empty());
            for violation in &violations {
                prop_assert!(violation.field.starts_with(PATH), "{violation}");
                prop_assert!(!violation.description.is_empty(), "{violation}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn facts_are_decoded_as_in_the_domain_tier(history in prop_oneof![histories(), huge_histories()]) {
        for (raw, fact) in history.raw.iter().zip(&history.facts) {
            let raw: RawFact = serde_json::from_value(serde_json::to_value(raw).unwrap()).unwrap();
            prop_assert_eq!(&decode::fact(&raw, PATH).map_err(Vec::from).unwrap(), fact);
        }
    }

    #[test]
    fn json_noise_is_never_a_panic(value in noise(), text in odd_text(), in_fact in any::<bool>()) {
        let value = if in_fact { json!({ "subscription_line": value }) } else { value };
        if let Ok(raw) = serde_json::from_value::<RawFact>(value.clone()) {
            check_violations(decode::fact(&raw, PATH).map_err(Vec::from))?;
        }
        if let Ok(raw) = serde_json::from_value::<RawFacts>(value) {
            for (path, raw) in raw.into_facts() {
                let violations = decode::fact(&raw, &path).err().map(Vec::from).unwrap_or_default();
                prop_assert!(violations.iter().all(|violation| violation.field.starts_with(&path)));
            }
        }
        let _ = serde_json::from_str::<RawFact>(&text);
    }

    #[test]
    fn damaged_fact_is_decoded_or_refused_by_field(fact in facts(), damages in damages()) {
        let mut value = serde_json::to_value(encode::fact(&fact)).unwrap();
        for (index, what) in damages {
            let kind = value.as_object().and_then(|map| map.keys().next().cloned());
            let kind = kind.map(|kind| format!("/{kind}")).unwrap_or_default();
            let pointers = value.pointer(&kind).map(|inner| pointers(inner, &kind)).unwrap_or_default();
            if !pointers.is_empty() {
                damage(&mut value, index.get::<String>(&pointers), what);
            }
        }
        match serde_json::from_value::<RawFact>(value) {
            Ok(raw) => check_violations(decode::fact(&raw, PATH).map_err(Vec::from))?,
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn control_characters_are_refused_by_field(fact in facts(), index in any::<Index>()) {
        let mut value = serde_json::to_value(encode::fact(&fact)).unwrap();
        let inner = value.as_object_mut().unwrap().values_mut().next().unwrap();
        let mut texts = pointers(inner, "");
        texts.retain(|pointer| inner.pointer(pointer).is_some_and(Value::is_string) && !pointer.contains("attributes"));
        let broken = index.get(&texts);
        *inner.pointer_mut(broken).unwrap() = "a\u{0}".into();
        let violations = decode::fact(&serde_json::from_value(value).unwrap(), PATH).unwrap_err();
        let expected = format!("{PATH}.{}", field(broken));
        prop_assert!(violations.iter().any(|violation| violation.field == expected), "{expected}: {violations:?}");
    }

    #[test]
    fn fact_round_trips_through_json(fact in facts()) {
        let raw = encode::fact(&fact);
        let text = serde_json::to_string(&raw).unwrap();
        let read: RawFact = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &raw);
        let decoded = decode::fact(&read, PATH);
        prop_assert_eq!(decoded.as_ref(), Ok(&fact));
        prop_assert_eq!(serde_json::to_string(&encode::fact(&decoded.unwrap())).unwrap(), text);
    }
}

#[test]
fn worked_examples_are_decoded_as_in_the_domain_tier() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases")).unwrap() {
        let case: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let in_domain: generated_facts::raw::RawFacts = serde_json::from_value(case["facts"].clone()).unwrap();
        let in_codec: RawFacts = serde_json::from_value(case["facts"].clone()).unwrap();
        let in_domain: Vec<Fact> = in_domain.into_facts().map(|raw| generated_facts::decode::fact(&raw)).collect();
        let in_codec: Vec<Fact> = in_codec.into_facts().map(|(path, raw)| decode::fact(&raw, &path).unwrap()).collect();
        assert_eq!(in_codec, in_domain);
    }
}
