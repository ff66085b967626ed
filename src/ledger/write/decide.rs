//! What a customer's new facts mean, decided in memory: no IO, nothing stored.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, FactKey, Revision};
use crate::domain::facts::refusal::{MAX_FACTS_PER_CUSTOMER, Refusal, refusals};
use crate::domain::journal::correction::correct;
use crate::domain::journal::entry::{Sequence, Version};
use crate::domain::journal::movement::Movement;
use crate::domain::money::OutOfRange;
use crate::domain::replay::replay;
use crate::ledger::error::{Problem, ProblemKind};
use crate::ledger::write::customer_state::CustomerState;
use crate::ledger::write::due_events::{Announcement, announce};

/// A fact of a request, with its place there.
pub(in crate::ledger) type Numbered<'f> = (usize, &'f Fact);

/// What to do for one customer.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Decision<'f> {
    /// Facts to record.
    pub recorded: Vec<Numbered<'f>>,
    /// Repeats (R17), each with the recording that brought it.
    pub unchanged: Vec<(usize, Version)>,
    /// Movements to post.
    pub postings: Vec<Movement>,
    /// Entries to reverse.
    pub reversals: Vec<Sequence>,
    pub announcement: Announcement,
}

/// Decides what recording these facts of one customer means.
///
/// # Errors
/// Every fact that is refused; then nothing of the customer is to be recorded.
pub(in crate::ledger) fn decide<'f>(
    known: &CustomerState,
    new: &[Numbered<'f>],
    now: DateTime<Utc>,
) -> Result<Decision<'f>, Vec<Problem>> {
    let decision = sort_out(known, new)?;
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
    match derive(known, &facts, now) {
        Ok(derived) => Ok(Decision { recorded: decision.recorded, unchanged: decision.unchanged, ..derived }),
        Err(OutOfRange) => Err(blame_out_of_range(known, &decision.recorded).into_iter().collect()),
    }
}

/// What these facts of a customer give that is not in the books yet.
pub(in crate::ledger) fn derive<'f>(
    known: &CustomerState,
    facts: &CustomerFacts,
    now: DateTime<Utc>,
) -> Result<Decision<'f>, OutOfRange> {
    let replayed = replay(facts, &known.books.policy)?;
    let live: Vec<(Sequence, &Movement)> = known.live.iter().map(|entry| (entry.sequence, &entry.movement)).collect();
    let correction = correct(&live, &replayed.movements);
    Ok(Decision {
        reversals: correction.reversals,
        postings: correction.postings.into_iter().cloned().collect(),
        announcement: announce(known, facts, &replayed, now)?,
        ..Decision::default()
    })
}

/// Like [`decide`], but leaves out the facts that are refused and goes on with the rest.
#[must_use]
pub(in crate::ledger) fn decide_leniently<'f>(
    known: &CustomerState,
    new: &[Numbered<'f>],
    now: DateTime<Utc>,
) -> (Decision<'f>, Vec<Problem>) {
    let mut rest = new.to_vec();
    let mut refused = Vec::new();
    let mut overflows = 0_usize;
    for _ in 0..MAX_ROUNDS {
        match decide(known, &rest, now) {
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
fn sort_out<'f>(known: &CustomerState, new: &[Numbered<'f>]) -> Result<Decision<'f>, Vec<Problem>> {
    let mut heard: HashMap<(FactKey, Revision), &Fact> = HashMap::with_capacity(new.len());
    let mut decision = Decision::default();
    let mut conflicts = Vec::new();
    for &(index, fact) in new {
        let place = (fact.key(), fact.revision());
        let (is_same, version) = if let Some(recorded) = known.recorded(fact) {
            recorded
        } else if let Some(same) = heard.get(&place) {
            // Said twice in one request: the recording to come.
            (*same == fact, known.version.saturating_add(1))
        } else {
            heard.insert(place, fact);
            decision.recorded.push((index, fact));
            continue;
        };
        if is_same {
            decision.unchanged.push((index, version));
        } else {
            let (key, revision) = place;
            conflicts.push(Problem { index, key, kind: ProblemKind::Conflict(revision), needed_by: None });
        }
    }
    if conflicts.is_empty() { Ok(decision) } else { Err(conflicts) }
}

fn problem((index, fact): &Numbered<'_>, refusal: Refusal) -> Problem {
    Problem { index: *index, key: fact.key(), kind: refusal.into(), needed_by: None }
}

/// The new facts that are to blame for a refusal: the one that is refused; else, because a new revision can take away
/// what an older fact refers to, the revisions of the lines that it names or could mean.
fn blame(known: &CustomerState, recorded: &[Numbered<'_>], refused: &[(FactKey, Refusal)]) -> Vec<Problem> {
    let places: HashMap<FactKey, &Numbered<'_>> = recorded.iter().map(|fact| (fact.1.key(), fact)).collect();
    let revises =
        |fact: &&&Numbered<'_>| matches!(fact.1, Fact::Line(line) if known.facts.lines.contains_key(&line.line_id));
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
fn merged<'f>(known: &CustomerState, new: impl Iterator<Item = &'f Numbered<'f>>) -> CustomerFacts {
    let mut facts = known.facts.clone();
    for (_, fact) in new {
        facts.insert((*fact).clone());
    }
    facts
}

/// The new fact with which an amount does not fit any more: up to the one before it, the facts can be replayed.
fn blame_out_of_range(known: &CustomerState, recorded: &[Numbered<'_>]) -> Option<Problem> {
    let fits = |count: usize| replay(&merged(known, recorded.iter().take(count)), &known.books.policy).is_ok();
    let (mut fitting, mut too_many) = (0, recorded.len());
    while too_many.saturating_sub(fitting) > 1 {
        let middle = usize::midpoint(fitting, too_many);
        if fits(middle) { fitting = middle } else { too_many = middle }
    }
    recorded.get(fitting).map(|fact| problem(fact, Refusal::OutOfRange))
}
