//! Checks one customer: the journal against a replay (R14, R16), and the outbox against the events that were due (R18).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::Datelike;

use crate::codec::month::Month;
use crate::domain::error::DomainError;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::correction::correct;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{ActivityChange, Movement, RenewalOutcome};
use crate::domain::journal::reconciliation::{closing_mrr, mismatches};
use crate::domain::policy::Policy;
use crate::domain::replay::{Replay, replay};
use crate::ledger::write::due_events::unwritten_events;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::facts::customer::{self, Times};
use crate::store::facts::fact::{self, StoredFact};
use crate::store::journal;
use crate::store::journal::outcome::{self, Outcomes};

/// All rows of a customer in the store.
#[derive(Debug, Default)]
pub(in crate::ledger) struct StoredCustomer {
    pub facts: Vec<StoredFact>,
    pub entries: Vec<Entry>,
    /// Outcomes of the entries as their columns have them.
    outcomes: BTreeMap<Sequence, Outcomes>,
    /// Keys of the events in the outbox.
    event_keys: BTreeSet<String>,
    times: Option<Times>,
}

/// Reads some customers. A customer that cannot be read does not hide the others.
pub(in crate::ledger) async fn read_customers(
    tx: &mut Tx,
    tenant_id: &TenantId,
    page: &[CustomerId],
) -> Result<BTreeMap<CustomerId, Result<StoredCustomer, StoreError>>, StoreError> {
    let customers: Vec<&CustomerId> = page.iter().collect();
    match read_rows(tx, tenant_id, &customers).await {
        Ok(all) => Ok(all.into_iter().map(|(id, stored)| (id, Ok(stored))).collect()),
        Err(StoreError::Corrupt { .. }) => {
            let mut each = BTreeMap::new();
            for customer_id in page {
                let stored = match read_rows(tx, tenant_id, &[customer_id]).await {
                    Ok(mut of_one) => Ok(
                        // A customer without rows is empty.
                        of_one.remove(customer_id).unwrap_or_default(),
                    ),
                    Err(error @ StoreError::Corrupt { .. }) => Err(error),
                    Err(error) => return Err(error),
                };
                each.insert(customer_id.clone(), stored);
            }
            Ok(each)
        }
        Err(error) => Err(error),
    }
}

async fn read_rows(
    tx: &mut Tx,
    tenant_id: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeMap<CustomerId, StoredCustomer>, StoreError> {
    let mut all: BTreeMap<CustomerId, StoredCustomer> = BTreeMap::new();
    for stored in fact::of_customers(tx, tenant_id, customers).await? {
        all.entry(stored.fact.customer_id().clone()).or_default().facts.push(stored);
    }
    for entry in journal::of_customers(tx, tenant_id, customers).await? {
        all.entry(entry.movement.customer_id.clone()).or_default().entries.push(entry);
    }
    for (customer_id, sequence, outcomes) in outcome::of_customers(tx, tenant_id, customers).await? {
        all.entry(customer_id).or_default().outcomes.insert(sequence, outcomes);
    }
    for (customer_id, key) in outbox::keys(tx, tenant_id, customers).await? {
        all.entry(customer_id).or_default().event_keys.insert(key);
    }
    for (customer_id, times) in customer::times(tx, tenant_id, customers).await? {
        all.entry(customer_id).or_default().times = Some(times);
    }
    Ok(all)
}

/// Differences between a customer's journal and outbox and a replay of its facts.
pub(in crate::ledger) fn check_customer(
    stored: StoredCustomer,
    policy: &Policy,
    ever_closed: &BTreeSet<Month>,
) -> Vec<String> {
    let StoredCustomer { facts, entries, outcomes, event_keys, times } = stored;
    let facts: CustomerFacts = facts.into_iter().map(|stored| stored.fact).collect();
    let mut differences = check_reversals(&entries);
    differences.extend(entries.iter().filter_map(|entry| check_posting_date(entry, ever_closed)));
    differences.extend(entries.iter().filter_map(|entry| check_outcomes(entry, outcomes.get(&entry.sequence))));
    let live: Vec<(Sequence, &Movement)> =
        live_entries(&entries).map(|entry| (entry.sequence, &entry.movement)).collect();
    match (replay(&facts, policy), closing_mrr(&facts)) {
        (Ok(replayed), Ok(closing)) => {
            let correction = correct(&live, &replayed.movements);
            for sequence in correction.reversals {
                differences.push(format!("movement {sequence} is in the journal, but the facts do not give it"));
            }
            for movement in correction.postings {
                differences.push(format!(
                    "the facts give {} {} of {} on {}, {}, which the journal does not have",
                    movement.level, movement.subcategory, movement.delta, movement.effective_date, movement.item_id
                ));
            }
            match mismatches(live.iter().map(|(_, movement)| *movement), &closing) {
                Ok(mismatches) => differences.extend(mismatches.iter().map(|it| {
                    format!(
                        "at {} level the movements up to {} come to {} {}, the lines to {}",
                        it.level, it.date, it.movements, it.currency, it.lines
                    )
                })),
                Err(error) => differences.push(error.to_string()),
            }
            match times.map_or(Ok(Vec::new()), |times| missing_events(&replayed, &facts, policy, times, &event_keys)) {
                Ok(missing) => differences.extend(missing),
                Err(error) => differences.push(error.to_string()),
            }
        }
        (Err(error), _) | (_, Err(error)) => differences.push(error.to_string()),
    }
    differences
}

/// Entries that count, which are neither reversals nor reversed.
fn live_entries(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let reversed: HashSet<Sequence> = entries.iter().filter_map(|entry| entry.reverses).collect();
    entries.iter().filter(move |entry| entry.reverses.is_none() && !reversed.contains(&entry.sequence))
}

/// R16: an entry is posted on its effective date, or, if that was in a closed month, on the first of a later month.
fn check_posting_date(entry: &Entry, ever_closed: &BTreeSet<Month>) -> Option<String> {
    let (effective_date, posting_date) = (entry.movement.effective_date, entry.posting_date);
    let is_adjustment = posting_date.day() == 1
        && posting_date > effective_date
        && ever_closed.contains(&Month::of(posting_date).previous());
    (posting_date != effective_date && !is_adjustment)
        .then(|| format!("movement {} of {effective_date} is posted on {posting_date}", entry.sequence))
}

/// R8, R9, R11: the columns from which reports count activity and renewals hold what the movement says.
fn check_outcomes(entry: &Entry, stored: Option<&Outcomes>) -> Option<String> {
    let given = Outcomes::of(entry);
    let shown = |it: Outcomes| {
        let change = it.activity_change.map_or("no change of activity", ActivityChange::as_str);
        let outcome = it.renewal_outcome.map_or("no renewal outcome", RenewalOutcome::as_str);
        format!("{change}, {outcome}")
    };
    let is_different = stored != Some(&given);
    is_different.then(|| {
        let stored = stored.map_or("nothing".to_owned(), |stored| shown(*stored));
        format!("movement {} is counted as {stored}; the rules give {}", entry.sequence, shown(given))
    })
}

/// R16: a reversal cancels an earlier entry of the customer exactly, and only once.
fn check_reversals(entries: &[Entry]) -> Vec<String> {
    let mut reversed = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in entries {
        let Some(sequence) = entry.reverses else { continue };
        let original = entries
            .binary_search_by_key(&sequence, |entry| entry.sequence)
            .ok()
            .and_then(|position| entries.get(position))
            .filter(|original| original.sequence < entry.sequence && original.reverses.is_none());
        match original {
            None => wrong.push(format!("movement {} reverses movement {sequence}, which is not there", entry.sequence)),
            Some(_) if !reversed.insert(sequence) => {
                wrong.push(format!("movement {} reverses movement {sequence} a second time", entry.sequence));
            }
            Some(original) if original.movement.reversed().as_ref() != Ok(&entry.movement) => {
                wrong.push(format!("movement {} does not cancel movement {sequence} exactly", entry.sequence));
            }
            Some(_) => {}
        }
    }
    wrong
}

/// R18: events that were due when the customer was last changed and are not in the outbox. Events that became due since
/// then are written when the scheduler finds them.
fn missing_events(
    replay: &Replay,
    facts: &CustomerFacts,
    policy: &Policy,
    times: Times,
    written_keys: &BTreeSet<String>,
) -> Result<Vec<String>, DomainError> {
    // A change writes every due event, so the next one lies behind it. If not, the customer was last changed by a version
    // without events.
    if times.next_event_at.is_some_and(|next_at| next_at <= times.changed_at) {
        return Ok(Vec::new());
    }
    let (missing, _) = unwritten_events(replay, facts, policy, written_keys, policy.date_of(times.changed_at))?;
    Ok(missing.iter().map(|event| format!("the facts call for {}, which is not in the outbox", event.key())).collect())
}
