//! What a customer's new facts mean, decided in memory: no IO, nothing stored.

use std::collections::{BTreeMap, HashMap, HashSet};

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
        problems = blame(known, &decision.recorded, &refusals(&facts));
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
    let mut overflows = 0_usize;
    for _ in 0..MAX_ROUNDS {
        match decide(known, &rest, policy) {
            Ok(decision) => return (decision, refused),
            Err(problems) => {
                let left_out: HashSet<usize> = problems.iter().map(|problem| problem.index).collect();
                rest.retain(|(index, _)| !left_out.contains(index));
                let overflowed = problems.iter().any(|problem| problem.kind == Refusal::OutOfRange.into());
                overflows = overflows.saturating_add(usize::from(overflowed));
                refused.extend(problems);
            }
        }
        if overflows >= MAX_OVERFLOWS {
            break;
        }
    }
    // So much is wrong that what is left is not tried piece by piece any more.
    refused.extend(rest.iter().map(|fact| problem(fact, Refusal::TooManyRefused)));
    (Decision::default(), refused)
}

/// How often the facts of one customer in one request are tried again without what was refused.
/// A batch of a stream has no more facts than that, so there it always comes to an end.
const MAX_ROUNDS: usize = 1_000;
/// How many facts with an amount that does not fit are looked for one by one: each takes several replays.
const MAX_OVERFLOWS: usize = 10;

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
            Some(_) => conflicts.push(Problem { index, key, kind: ProblemKind::Conflict(revision), needed_by: None }),
        }
    }
    if conflicts.is_empty() { Ok(decision) } else { Err(conflicts) }
}

fn problem((index, fact): &Numbered<'_>, refusal: Refusal) -> Problem {
    Problem { index: *index, key: fact.key(), kind: refusal.into(), needed_by: None }
}

/// The new facts that are to blame for a refusal: the one that is refused; else, because a new revision can take away
/// what an older fact refers to, the revisions of the lines that it names or could mean.
fn blame(known: &Known, recorded: &[Numbered<'_>], refused: &[(FactKey, Refusal)]) -> Vec<Problem> {
    let places: HashMap<FactKey, &Numbered<'_>> = recorded.iter().map(|fact| (fact.1.key(), fact)).collect();
    let stored_lines: HashSet<FactKey> = known.facts.iter().map(|stored| stored.fact.key()).collect();
    let revises = |fact: &&&Numbered<'_>| matches!(fact.1, Fact::Line(_)) && stored_lines.contains(&fact.1.key());
    let mut problems: BTreeMap<usize, Problem> = BTreeMap::new();
    for (key, refusal) in refused {
        if let Some(own) = places.get(key) {
            problems.entry(own.0).or_insert_with(|| problem(own, refusal.clone()));
            continue;
        }
        let named = refusal.line().and_then(|line| places.get(&FactKey::Line(line.clone())));
        let suspects: Vec<&Numbered<'_>> = match named {
            Some(named) => vec![*named],
            // Which of the revisions is too much cannot be told: none of them can stay.
            None => recorded.iter().filter(|fact| revises(&fact)).collect(),
        };
        let suspects = if suspects.is_empty() { recorded.iter().take(1).collect() } else { suspects };
        // One reason is enough for each of them.
        for suspect in suspects {
            problems
                .entry(suspect.0)
                .or_insert_with(|| Problem { needed_by: Some(key.clone()), ..problem(suspect, refusal.clone()) });
        }
        if problems.len() >= recorded.len() {
            break;
        }
    }
    problems.into_values().collect()
}

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
