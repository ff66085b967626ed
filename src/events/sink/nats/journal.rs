//! Publishes the entries of the journal, reversals and adjustments included.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::SecondsFormat;
use futures_util::{StreamExt, stream};

use crate::codec::tabular::entry_field::{MOVEMENT_NAMES, movement_cells};
use crate::codec::tabular::row_writer::{Cell, push_json};
use crate::domain::journal::entry::Entry;
use crate::events::sink::nats::connection::PublishFailure;

const OWN_NAMES: [&str; 4] = ["movement_id", "reverses_movement_id", "posting_date", "recorded_at"];

/// Reason for which no entry was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFailure {
    pub reason: String,
}

impl From<PublishFailure> for JournalFailure {
    fn from(failure: PublishFailure) -> Self {
        let (PublishFailure::Unavailable(reason) | PublishFailure::Permanent(reason)) = failure;
        Self { reason }
    }
}

/// Encodes an entry as one JSON object: its place in the journal, then its movement.
pub(super) fn json(entry: &Entry) -> Vec<u8> {
    let own = [
        Cell::Shown(entry.sequence.to_string()),
        entry.reverses.map_or(Cell::Absent, |sequence| Cell::Shown(sequence.to_string())),
        Cell::Date(entry.posting_date),
        Cell::Shown(entry.recorded_at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    ];
    let names: Vec<&str> = OWN_NAMES.into_iter().chain(MOVEMENT_NAMES).collect();
    let cells: Vec<Cell<'_>> = own.into_iter().chain(movement_cells(&entry.movement)).collect();
    let mut json = Vec::with_capacity(1_024);
    push_json(&mut json, &names, &cells);
    // Without the end of the line.
    json.pop();
    json
}

/// Publishes each customer's entries one after the other, several customers at a time; returns how many are stored, counted
/// from the first.
pub(super) async fn deliver<'e, F, D>(
    entries: &'e [Arc<Entry>],
    in_flight: usize,
    publish: F,
) -> Result<usize, JournalFailure>
where
    F: Fn(&'e Entry) -> D,
    D: Future<Output = Result<(), PublishFailure>>,
{
    let mut customers: BTreeMap<&str, Vec<(usize, &Entry)>> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        customers.entry(entry.movement.customer_id.as_str()).or_default().push((index, entry));
    }
    let failure = OnceLock::new();
    // Collected, so that the future of this function does not contain the closure.
    let deliveries: Vec<_> =
        customers.into_values().map(|entries| deliver_in_sequence(entries, &publish, &failure)).collect();
    let mut deliveries = stream::iter(deliveries).buffer_unordered(in_flight);
    let mut first_missing: Option<(usize, PublishFailure)> = None;
    while let Some(delivered) = deliveries.next().await {
        if let Err(missing) = delivered
            && first_missing.as_ref().is_none_or(|first| missing.0 < first.0)
        {
            first_missing = Some(missing);
        }
    }
    match first_missing {
        None => Ok(entries.len()),
        Some((0, failure)) => Err(failure.into()),
        Some((index, _)) => Ok(index),
    }
}

/// Publishes one customer's entries. The first failure, of any customer, ends it: one timeout of the server is enough.
async fn deliver_in_sequence<'e, F, D>(
    entries: Vec<(usize, &'e Entry)>,
    publish: &F,
    failure: &OnceLock<PublishFailure>,
) -> Result<(), (usize, PublishFailure)>
where
    F: Fn(&'e Entry) -> D,
    D: Future<Output = Result<(), PublishFailure>>,
{
    for (index, entry) in entries {
        if let Some(failure) = failure.get() {
            return Err((index, failure.clone()));
        }
        if let Err(failed) = publish(entry).await {
            return Err((index, failure.get_or_init(|| failed).clone()));
        }
    }
    Ok(())
}
