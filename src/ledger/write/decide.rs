//! Decides in memory what the new facts of one customer change: no IO, nothing stored.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::bug;
use crate::bug::Bug;
use crate::domain::error::DomainError;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, FactKey, Revision};
use crate::domain::facts::refusal::{MAX_FACTS_PER_CUSTOMER, Refusal, refusals};
use crate::domain::journal::correction::correct;
use crate::domain::journal::entry::{Sequence, Version};
use crate::domain::journal::movement::Movement;
use crate::domain::replay::replay;
use crate::ledger::error::{RefusalReason, RefusedFact};
use crate::ledger::write::customer_state::CustomerState;
use crate::ledger::write::due_events::{DueEvents, due_events};

/// A fact of a command, with its index there.
pub(in crate::ledger) type IndexedFact<'f> = (usize, &'f Fact);

/// Changes of one customer.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Decision<'f> {
    /// Facts to record.
    pub recorded: Vec<IndexedFact<'f>>,
    /// Indices of repeats (R17), with the version of the recording that they repeat.
    pub unchanged: Vec<(usize, Version)>,
    pub refused: Vec<RefusedFact>,
    /// Movements to post.
    pub postings: Vec<Movement>,
    /// Entries to reverse.
    pub reversals: Vec<Sequence>,
    pub due_events: DueEvents,
}

impl Decision<'_> {
    /// Refuses facts; nothing of the customer is recorded.
    fn refuse(refused: Vec<RefusedFact>) -> Self {
        Self { refused, ..Self::default() }
    }
}

/// Decides on new facts of one customer: all of them, or, if any is refused, none.
pub(in crate::ledger) fn decide<'f>(
    customer: &CustomerState,
    new: &[IndexedFact<'f>],
    now: DateTime<Utc>,
) -> Result<Decision<'f>, Bug> {
    let decision = separate_repeats(customer, new)?;
    if decision.recorded.is_empty() {
        return Ok(decision);
    }
    let facts = merged_facts(customer, decision.recorded.iter());
    // The facts above the limit, if there are any.
    let surplus = facts.count().saturating_sub(MAX_FACTS_PER_CUSTOMER);
    let surplus = decision.recorded.iter().rev().take(surplus);
    let mut refused: Vec<RefusedFact> = surplus.map(|fact| refuse(fact, Refusal::TooManyFacts)).collect();
    if refused.is_empty() {
        refused = attribute_refusals(customer, &decision.recorded, &refusals(&facts));
    }
    if !refused.is_empty() {
        return Ok(Decision::refuse(refused));
    }
    match derive(customer, &facts, now) {
        Ok(derived) => Ok(Decision { recorded: decision.recorded, unchanged: decision.unchanged, ..derived }),
        Err(DomainError::OutOfRange(_)) => {
            Ok(Decision::refuse(vec![refuse_first_out_of_range(customer, &decision.recorded)?]))
        }
        Err(DomainError::Internal(error)) => Err(error.into()),
    }
}

/// Difference between the replayed facts of a customer and its journal and outbox.
pub(in crate::ledger) fn derive<'f>(
    customer: &CustomerState,
    facts: &CustomerFacts,
    now: DateTime<Utc>,
) -> Result<Decision<'f>, DomainError> {
    let replayed = replay(facts, &customer.books.policy)?;
    let live = customer.live_entries.iter().map(|entry| (entry.sequence, &entry.movement));
    let live: Vec<(Sequence, &Movement)> = live.collect();
    let correction = correct(&live, &replayed.movements);
    Ok(Decision {
        reversals: correction.reversals,
        postings: correction.postings.into_iter().cloned().collect(),
        due_events: due_events(customer, facts, &replayed, now)?,
        ..Decision::default()
    })
}

/// Decides as [`decide`] does, but skips refused facts and decides on the rest.
pub(in crate::ledger) fn decide_leniently<'f>(
    customer: &CustomerState,
    new: &[IndexedFact<'f>],
    now: DateTime<Utc>,
) -> Result<Decision<'f>, Bug> {
    let mut rest = new.to_vec();
    let mut refused = Vec::new();
    let mut overflows = 0_usize;
    for _ in 0..MAX_ROUNDS {
        let decision = decide(customer, &rest, now)?;
        if decision.refused.is_empty() {
            return Ok(Decision { refused, ..decision });
        }
        let skipped: HashSet<usize> = decision.refused.iter().map(|refused| refused.index).collect();
        rest.retain(|(index, _)| !skipped.contains(index));
        overflows += usize::from(decision.refused.iter().any(|it| it.reason == Refusal::OutOfRange.into()));
        refused.extend(decision.refused);
        if overflows >= MAX_OVERFLOWS {
            break;
        }
    }
    // Beyond the limits the remaining facts are not tried in ever smaller sets.
    refused.extend(rest.iter().map(|fact| refuse(fact, Refusal::TooManyRefused)));
    Ok(Decision::refuse(refused))
}

/// Maximum number of attempts at one customer's facts in one command, each without the facts refused before. A batch of
/// a stream has no more facts, so its attempts always come to an end.
const MAX_ROUNDS: usize = 1_000;
/// Maximum number of facts found one by one whose amounts are out of range: each search takes several replays.
const MAX_OVERFLOWS: usize = 10;

/// R17: separates new facts from repeats; refuses conflicts.
fn separate_repeats<'f>(customer: &CustomerState, new: &[IndexedFact<'f>]) -> Result<Decision<'f>, Bug> {
    let mut seen: HashMap<(FactKey, Revision), &Fact> = HashMap::with_capacity(new.len());
    let mut decision = Decision::default();
    let mut conflicts = Vec::new();
    for &(index, fact) in new {
        let place = (fact.key(), fact.revision());
        let (is_same, version) = if let Some(recorded) = customer.find_recording(fact) {
            recorded
        } else if let Some(same) = seen.get(&place) {
            // A repeat within one command repeats the recording to come.
            (*same == fact, customer.next_version()?)
        } else {
            seen.insert(place, fact);
            decision.recorded.push((index, fact));
            continue;
        };
        if is_same {
            decision.unchanged.push((index, version));
        } else {
            let (key, revision) = place;
            let reason = RefusalReason::Conflict(revision);
            conflicts.push(RefusedFact { index, key, reason, needed_by: None });
        }
    }
    Ok(if conflicts.is_empty() { decision } else { Decision::refuse(conflicts) })
}

fn refuse((index, fact): &IndexedFact<'_>, refusal: Refusal) -> RefusedFact {
    RefusedFact { index: *index, key: fact.key(), reason: refusal.into(), needed_by: None }
}

/// Finds the new facts that cause refusals. A new fact that is refused is the cause itself. An older fact can be refused
/// because a new revision takes away what it refers to: then the causes are the revisions of the lines that it names or
/// could mean.
fn attribute_refusals(
    customer: &CustomerState,
    recorded: &[IndexedFact<'_>],
    refused: &[(FactKey, Refusal)],
) -> Vec<RefusedFact> {
    let by_key: HashMap<FactKey, &IndexedFact<'_>> = recorded.iter().map(|fact| (fact.1.key(), fact)).collect();
    let revises_line = |fact: &&&IndexedFact<'_>| matches!(fact.1, Fact::Line(line) if customer.facts.lines.contains_key(&line.line_id));
    let mut causes: BTreeMap<usize, RefusedFact> = BTreeMap::new();
    for (key, refusal) in refused {
        if let Some(own) = by_key.get(key) {
            causes.entry(own.0).or_insert_with(|| refuse(own, refusal.clone()));
            continue;
        }
        let named = refusal.line().and_then(|line| by_key.get(&FactKey::Line(line.clone())));
        let suspects: Vec<&IndexedFact<'_>> = match named {
            Some(named) => vec![*named],
            // No line is named: each of the revisions could be the cause, so none of them can stay.
            None => recorded.iter().filter(|fact| revises_line(&fact)).collect(),
        };
        let suspects = if suspects.is_empty() { recorded.iter().take(1).collect() } else { suspects };
        // One reason a fact is enough.
        for suspect in suspects {
            causes
                .entry(suspect.0)
                .or_insert_with(|| RefusedFact { needed_by: Some(key.clone()), ..refuse(suspect, refusal.clone()) });
        }
        if causes.len() >= recorded.len() {
            break;
        }
    }
    causes.into_values().collect()
}

/// Facts of the customer with new ones added.
fn merged_facts<'f>(customer: &CustomerState, new: impl Iterator<Item = &'f IndexedFact<'f>>) -> CustomerFacts {
    let mut facts = customer.facts.clone();
    for (_, fact) in new {
        facts.insert((*fact).clone());
    }
    facts
}

/// Refuses the new fact with which amounts get out of range, by binary search: the facts before it can be replayed.
fn refuse_first_out_of_range(customer: &CustomerState, recorded: &[IndexedFact<'_>]) -> Result<RefusedFact, Bug> {
    let fits = |count: usize| {
        let facts = merged_facts(customer, recorded.iter().take(count));
        match replay(&facts, &customer.books.policy) {
            Ok(_) => Ok(true),
            Err(DomainError::OutOfRange(_)) => Ok(false),
            Err(DomainError::Internal(error)) => Err(Bug::from(error)),
        }
    };
    let (mut fitting, mut too_many) = (0, recorded.len());
    while fitting + 1 < too_many {
        let middle = usize::midpoint(fitting, too_many);
        if fits(middle)? { fitting = middle } else { too_many = middle }
    }
    let first = recorded.get(fitting).ok_or_else(|| bug!("an amount is out of range without a new fact"))?;
    Ok(refuse(first, Refusal::OutOfRange))
}
