//! The worked examples of overrides by way of the service, before and after.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use deltabook::codec::dto::{RawFact, RawFacts, RawOverride};
use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use deltabook::grpc::wire::facts::to_wire;
use serde_json::{Value, json};

use super::override_service::{cause, live, of_order, set};
use super::store;
use crate::support::server::{TestServer, line};

/// A worked example, its overrides apart.
pub struct Case {
    pub facts: Vec<v1::Fact>,
    pub overrides: Vec<RawOverride>,
    expected: Vec<String>,
}

impl Case {
    pub fn load(number: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
        let file = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let file = file.into_iter().find(|file| file.file_name().unwrap().to_str().unwrap().starts_with(number));
        let case: Value = serde_json::from_str(&fs::read_to_string(file.unwrap()).unwrap()).unwrap();
        let facts: RawFacts = serde_json::from_value(case.get("facts").unwrap().clone()).unwrap();
        let mut overrides = facts.overrides.clone();
        let mut recorded = Vec::new();
        for (_, raw) in facts.into_facts() {
            match raw {
                RawFact::Override(_) => {}
                // In this one the order's own type is what finance says.
                RawFact::ChangeOrder(mut it) if overrides.is_empty() && !it.modification_type.is_empty() => {
                    overrides.push(RawOverride {
                        customer_id: it.customer_id.clone(),
                        change_order_id: it.change_order_id.clone(),
                        modification_type: std::mem::take(&mut it.modification_type),
                        ..RawOverride::default()
                    });
                    recorded.push(to_wire(RawFact::ChangeOrder(it)).unwrap());
                }
                raw => recorded.push(to_wire(raw).unwrap()),
            }
        }
        let text = |record: &Value, name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut expected: Vec<String> = case
            .get("expected_movements")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|it| COLUMNS.map(|name| text(it, name)).join(" "))
            .collect();
        expected.sort();
        Self { facts: recorded, overrides, expected }
    }
}

const COLUMNS: [&str; 9] = [
    "level",
    "customer_id",
    "effective_date",
    "item_id",
    "subscription_id",
    "line_id",
    "category",
    "subcategory",
    "mrr_delta",
];

fn word(name: &'static str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap().to_owned()
}

/// Sorted, as [`Case::expected`].
fn shown(movements: &[v1::Movement]) -> Vec<String> {
    let show = |it: &v1::Movement| {
        let names = [
            word(it.level().as_str_name(), "LEVEL_"),
            it.customer_id.clone(),
            it.effective_date.clone(),
            it.item_id.clone(),
            it.subscription_id.clone(),
            it.line_id.clone(),
            word(it.category().as_str_name(), "IMPACT_CATEGORY_"),
            word(it.subcategory().as_str_name(), "IMPACT_SUBCATEGORY_"),
            it.mrr_delta.clone(),
        ];
        names.join(" ")
    };
    let mut shown: Vec<String> = movements.iter().map(show).collect();
    shown.sort();
    shown
}

/// What a movement says, whenever it was recorded.
fn contents(movements: &[v1::Movement]) -> Vec<v1::Movement> {
    let content = |it: &v1::Movement| v1::Movement { movement_id: String::new(), recorded_at: None, ..it.clone() };
    let mut contents: Vec<v1::Movement> = movements.iter().map(content).collect();
    contents.sort_by_key(|it| format!("{it:?}"));
    contents
}

/// Every amount and count of the waterfall, by level, currency, month and column.
async fn waterfall(server: &mut TestServer) -> BTreeMap<(i32, String, String, &'static str), (i64, i64)> {
    let mut cells = BTreeMap::new();
    for level in [v1::Level::Contract, v1::Level::Customer] {
        let request = v1::GetWaterfallRequest {
            level: level.into(),
            from_month: "2026-01".into(),
            to_month: "2027-12".into(),
            ..Default::default()
        };
        for it in server.movements.get_waterfall(request).await.unwrap().into_inner().waterfalls {
            for period in it.periods {
                let counts = period.counts.unwrap();
                for (column, amount, count) in [
                    ("new", period.new, counts.new),
                    ("reactivation", period.reactivation, counts.reactivation),
                    ("upsell", period.upsell, counts.upsell),
                    ("downsell", period.downsell, counts.downsell),
                    ("churn", period.churn, counts.churn),
                    ("ignored", period.ignored, counts.ignored),
                ] {
                    let key = (level.into(), it.currency.clone(), period.start[..7].to_owned(), column);
                    cells.insert(key, (Money::parse(&amount).unwrap().micros(), count));
                }
            }
        }
    }
    cells.retain(|_, cell| *cell != (0, 0));
    cells
}

pub fn request(raw: &RawOverride) -> v1::OverrideModificationTypeRequest {
    let cause = match &raw.price_step {
        Some(step) => v1::Cause {
            kind: v1::CauseKind::PriceStep.into(),
            line_id: step.line_id.clone(),
            date: step.start_date.clone(),
            ..Default::default()
        },
        None if raw.line_start.is_empty() => cause(v1::CauseKind::ChangeOrder, &raw.change_order_id),
        None => cause(v1::CauseKind::LineStart, &raw.line_start),
    };
    let kind = v1::ModificationType::from_str_name(&format!("MODIFICATION_TYPE_{}", raw.modification_type));
    let level = |it: &String| v1::Level::from_str_name(&format!("LEVEL_{it}")).unwrap().into();
    v1::OverrideModificationTypeRequest {
        cause: Some(cause),
        levels: raw.levels.iter().map(level).collect(),
        ..of_order(&raw.customer_id, "", kind.unwrap())
    }
}

/// Records an override: what the preview says comes true, and nothing else.
async fn set_and_check(server: &mut TestServer, request: &v1::OverrideModificationTypeRequest) {
    let (movements, cells) = (live(server).await, waterfall(server).await);
    let preview = v1::OverrideModificationTypeRequest { validate_only: true, ..request.clone() };
    let preview = set(server, &preview).await.unwrap();
    assert_eq!((live(server).await, waterfall(server).await), (movements.clone(), cells.clone()));
    let done = set(server, request).await.unwrap();
    let (printed, expected) = (done.effect.clone().unwrap(), preview.effect.unwrap());
    assert_eq!(printed.before, expected.before);
    assert_eq!(contents(&printed.after), contents(&expected.after));
    assert_eq!(printed.waterfall_changes, expected.waterfall_changes);
    assert!(!printed.after.is_empty() && printed.after.iter().all(|it| !it.movement_id.is_empty()), "{printed:?}");

    let mut after: Vec<v1::Movement> = movements.into_iter().filter(|it| !printed.before.contains(it)).collect();
    after.extend(printed.after);
    after.sort_by_key(|it| it.movement_id.parse::<i64>().unwrap());
    assert_eq!(live(server).await, after);

    let mut changed = cells;
    for change in printed.waterfall_changes {
        let columns = ["new", "reactivation", "upsell", "downsell", "churn", "ignored"];
        let column = columns.into_iter().find(|column| *column == change.column).unwrap();
        let cell = changed.entry((change.level, change.currency, change.month, column)).or_default();
        cell.0 += Money::parse(&change.amount).unwrap().micros();
        cell.1 += change.count;
    }
    changed.retain(|_, cell| *cell != (0, 0));
    assert_eq!(waterfall(server).await, changed);

    let again = set(server, request).await.unwrap();
    assert_eq!(again.outcome(), v1::FactOutcome::Unchanged);
    assert_eq!((again.r#override, again.effect), (done.r#override, done.effect));
}

#[tokio::test]
async fn override_examples_are_applied_and_withdrawn() {
    for number in ["17", "25", "26", "27", "36", "39", "43", "48"] {
        let case = Case::load(number);
        let mut server = TestServer::start(store()).await;
        server.record(case.facts).await.unwrap();
        let computed = live(&mut server).await;
        assert_ne!(shown(&computed), case.expected, "case {number} needs its override");
        for raw in &case.overrides {
            set_and_check(&mut server, &request(raw)).await;
        }
        assert_eq!(shown(&live(&mut server).await), case.expected, "case {number}");

        // Another contract makes the customer be derived anew.
        let elsewhere = json!({"subscription_id": "S9", "item_id": "elsewhere", "start_date": "2027-06-01"});
        server.record(vec![line("acme", "L9", elsewhere)]).await.unwrap();
        let others = |movements: Vec<v1::Movement>| -> Vec<v1::Movement> {
            movements.into_iter().filter(|it| it.item_id != "elsewhere").collect()
        };
        assert_eq!(shown(&others(live(&mut server).await)), case.expected, "case {number}");

        for raw in &case.overrides {
            let v1::OverrideModificationTypeRequest { customer_id, cause, .. } = request(raw);
            let request =
                v1::ClearOverrideRequest { customer_id, cause, reason: "an error".into(), ..Default::default() };
            let done = server.finance.clear_override(request).await.unwrap().into_inner();
            assert_eq!(done.outcome(), v1::FactOutcome::Recorded);
            assert_eq!(done.r#override.unwrap().modification_type(), v1::ModificationType::Unspecified);
        }
        assert_eq!(contents(&others(live(&mut server).await)), contents(&computed), "case {number}");
        server.finish().await;
    }
}
