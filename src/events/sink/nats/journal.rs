//! The entries of the journal as messages, reversals and adjustments included.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::SecondsFormat;
use futures_util::{StreamExt, stream};

use crate::codec::tabular::movement;
use crate::codec::tabular::row_writer::{Value, push_json};
use crate::domain::journal::entry::Entry;
use crate::events::sink::nats::connection::Problem;

const OWN_NAMES: [&str; 4] = ["movement_id", "reverses_movement_id", "posting_date", "recorded_at"];

/// Why entries were not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub reason: String,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let (Problem::Down(reason) | Problem::TooLarge(reason)) = problem;
        Self { reason }
    }
}

/// The entry as one JSON object: where it stands in the journal, then its movement.
pub(super) fn json(entry: &Entry) -> Vec<u8> {
    let own = [
        Value::Shown(entry.sequence.to_string()),
        entry.reverses.map_or(Value::Absent, |sequence| Value::Shown(sequence.to_string())),
        Value::Date(entry.posting_date),
        Value::Shown(entry.recorded_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    ];
    let names: Vec<&str> = OWN_NAMES.into_iter().chain(movement::NAMES).collect();
    let values: Vec<Value<'_>> = own.into_iter().chain(movement::values(&entry.movement)).collect();
    let mut json = Vec::with_capacity(1_024);
    push_json(&mut json, &names, &values);
    // It comes as a line.
    json.pop();
    json
}

/// Each customer's entries one after the other, several customers at a time; how many of the first are stored.
pub(super) async fn deliver<'e, F, D>(entries: &'e [Arc<Entry>], in_flight: usize, publish: F) -> Result<usize, Failure>
where
    F: Fn(&'e Entry) -> D,
    D: Future<Output = Result<(), Problem>>,
{
    let mut customers: BTreeMap<&str, Vec<(usize, &Entry)>> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        customers.entry(entry.movement.customer_id.as_str()).or_default().push((place, entry));
    }
    let trouble = OnceLock::new();
    // In a list: a task that waits for them must not have the closure in it.
    let deliveries: Vec<_> =
        customers.into_values().map(|entries| one_after_the_other(entries, &publish, &trouble)).collect();
    let mut deliveries = stream::iter(deliveries).buffer_unordered(in_flight);
    let mut first_missing: Option<(usize, Problem)> = None;
    while let Some(delivered) = deliveries.next().await {
        if let Err(missing) = delivered
            && first_missing.as_ref().is_none_or(|first| missing.0 < first.0)
        {
            first_missing = Some(missing);
        }
    }
    match first_missing {
        None => Ok(entries.len()),
        Some((0, problem)) => Err(problem.into()),
        Some((place, _)) => Ok(place),
    }
}

/// The first entry that is not stored ends it, whosever it is: one wait for a server that says nothing is enough.
async fn one_after_the_other<'e, F, D>(
    entries: Vec<(usize, &'e Entry)>,
    publish: &F,
    trouble: &OnceLock<Problem>,
) -> Result<(), (usize, Problem)>
where
    F: Fn(&'e Entry) -> D,
    D: Future<Output = Result<(), Problem>>,
{
    for (place, entry) in entries {
        if let Some(problem) = trouble.get() {
            return Err((place, problem.clone()));
        }
        if let Err(problem) = publish(entry).await {
            return Err((place, trouble.get_or_init(|| problem).clone()));
        }
    }
    Ok(())
}
