//! What a customer's new facts mean, decided in memory: no IO, nothing stored.

use std::collections::{BTreeMap, HashSet};

use super::error::{Problem, ProblemKind};
use crate::domain::correction::correct;
use crate::domain::customer_facts::CustomerFacts;
use crate::domain::fact::{Fact, FactKey, Revision};
use crate::domain::movement::Movement;
use crate::domain::policy::Policy;
use crate::domain::refusal::{MAX_FACTS_PER_CUSTOMER, Refusal, refusals};
use crate::domain::replay::replay;
use crate::store::customer::Version;
use crate::store::entry::{Entry, Sequence};
use crate::store::fact::StoredFact;

/// A fact of a request, with its place there.
pub type Numbered<'f> = (usize, &'f Fact);

/// One customer, as the store has it.
#[derive(Debug, Default)]
pub struct Known {
    pub facts: Vec<StoredFact>,
    pub entries: Vec<Entry>,
}

/// What to do for one customer.
#[derive(Debug, Default)]
pub struct Decision<'f> {
    /// Facts to record.
    pub recorded: Vec<Numbered<'f>>,
    /// Repeats (R17), each with the recording that brought it.
    pub unchanged: Vec<(usize, Version)>,
    /// Movements to post.
    pub postings: Vec<Movement>,
    /// Entries to reverse.
    pub reversals: Vec<Sequence>,
}

/// The entries that count: neither reversals nor reversed.
pub fn live(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let reversed: HashSet<Sequence> = entries.iter().filter_map(|entry| entry.reverses).collect();
    entries.iter().filter(move |entry| entry.reverses.is_none() && !reversed.contains(&entry.sequence))
}

/// Decides what recording these facts of one customer means.
///
/// # Errors
/// Every fact that is refused; then nothing of the customer is to be recorded.
pub fn decide<'f>(known: &Known, new: &[Numbered<'f>], policy: &Policy) -> Result<Decision<'f>, Vec<Problem>> {
    let mut decision = sort_out(known, new)?;
    if decision.recorded.is_empty() {
        return Ok(decision);
    }
    let facts = merged(known, decision.recorded.iter());
    let too_many = facts.count().saturating_sub(MAX_FACTS_PER_CUSTOMER);
    let surplus = decision.recorded.iter().rev().take(too_many);
    let mut problems: Vec<Problem> = surplus.map(|fact| problem(fact, Refusal::TooManyFacts)).collect();
    if problems.is_empty() {
        problems.extend(refusals(&facts).iter().flat_map(|(key, it)| blame(known, &decision.recorded, key, it)));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let Ok(replayed) = replay(&facts, policy) else {
        return Err(blame_out_of_range(known, &decision.recorded, policy).into_iter().collect());
    };
    let live: Vec<(Sequence, &Movement)> =
        live(&known.entries).map(|entry| (entry.sequence, &entry.movement)).collect();
    let correction = correct(&live, &replayed.movements);
    decision.reversals = correction.reversals;
    decision.postings = correction.postings.into_iter().cloned().collect();
    Ok(decision)
}

/// Like [`decide`], but leaves out the facts that are refused and goes on with the rest.
#[must_use]
pub fn decide_leniently<'f>(known: &Known, new: &[Numbered<'f>], policy: &Policy) -> (Decision<'f>, Vec<Problem>) {
    let mut rest = new.to_vec();
    let mut refused = Vec::new();
    for _ in 0..MAX_ROUNDS {
        match decide(known, &rest, policy) {
            Ok(decision) => return (decision, refused),
            Err(problems) => {
                let left_out: HashSet<usize> = problems.iter().map(|problem| problem.index).collect();
                rest.retain(|(index, _)| !left_out.contains(index));
                refused.extend(problems);
            }
        }
    }
    // So much is wrong that what is left is not tried piece by piece any more.
    refused.extend(rest.iter().map(|fact| problem(fact, Refusal::TooManyRefused)));
    (Decision::default(), refused)
}

/// How often the facts of one customer in one request are tried again without what was refused.
const MAX_ROUNDS: usize = 100;

/// R17: tells new facts from repeats and conflicts.
fn sort_out<'f>(known: &Known, new: &[Numbered<'f>]) -> Result<Decision<'f>, Vec<Problem>> {
    let mut revisions: BTreeMap<(FactKey, Revision), (&Fact, Option<Version>)> = known
        .facts
        .iter()
        .map(|stored| ((stored.fact.key(), stored.fact.revision()), (&stored.fact, Some(stored.version))))
        .collect();
    let mut decision = Decision::default();
    let mut conflicts = Vec::new();
    for &(index, fact) in new {
        let (key, revision) = (fact.key(), fact.revision());
        match revisions.get(&(key.clone(), revision)) {
            None => {
                revisions.insert((key, revision), (fact, None));
                decision.recorded.push((index, fact));
            }
            Some((same, version)) if *same == fact => decision.unchanged.push((index, version.unwrap_or_default())),
            Some(_) => conflicts.push(Problem { index, key, kind: ProblemKind::Conflict(revision) }),
        }
    }
    if conflicts.is_empty() { Ok(decision) } else { Err(conflicts) }
}

fn problem((index, fact): &Numbered<'_>, refusal: Refusal) -> Problem {
    Problem { index: *index, key: fact.key(), kind: refusal.into() }
}

/// The new facts that are to blame for a refusal: the one that is refused; else, because a new revision can take away
/// what an older fact refers to, the lines without which it would not be refused.
fn blame(known: &Known, recorded: &[Numbered<'_>], key: &FactKey, refusal: &Refusal) -> Vec<Problem> {
    if let Some(own) = recorded.iter().rev().find(|(_, fact)| fact.key() == *key) {
        return vec![problem(own, refusal.clone())];
    }
    let lines = || recorded.iter().filter(|(_, fact)| matches!(fact, Fact::Line(_)));
    let is_guilty = |suspect: &&Numbered<'_>| {
        let without = recorded.iter().filter(|(index, _)| *index != suspect.0);
        !refusals(&merged(known, without)).iter().any(|(other, reason)| other == key && reason == refusal)
    };
    let guilty = lines().take(MAX_SUSPECTS).find(is_guilty);
    match guilty {
        Some(guilty) => vec![problem(guilty, refusal.clone())],
        // Several together: none of them can stay.
        None => lines().map(|line| problem(line, refusal.clone())).collect(),
    }
}

/// How many facts are tried one by one to find the one to blame.
const MAX_SUSPECTS: usize = 100;

/// What is known, and new facts.
fn merged<'f>(known: &Known, new: impl Iterator<Item = &'f Numbered<'f>>) -> CustomerFacts {
    let stored = known.facts.iter().map(|stored| stored.fact.clone());
    stored.chain(new.map(|(_, fact)| (*fact).clone())).collect()
}

/// The new fact with which an amount does not fit any more: up to the one before it, the facts can be replayed.
fn blame_out_of_range(known: &Known, recorded: &[Numbered<'_>], policy: &Policy) -> Option<Problem> {
    let fits = |count: usize| replay(&merged(known, recorded.iter().take(count)), policy).is_ok();
    let (mut fitting, mut too_many) = (0, recorded.len());
    while too_many.saturating_sub(fitting) > 1 {
        let middle = usize::midpoint(fitting, too_many);
        if fits(middle) { fitting = middle } else { too_many = middle }
    }
    recorded.get(fitting).map(|fact| problem(fact, Refusal::OutOfRange))
}
