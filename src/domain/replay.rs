//! A customer's facts → movements (R15): a pure function, and the only way to a movement.
//!
//! Phases: index the facts → lives (R3, R9) → timelines (R4 to R6, R10) → links (R9), all in `story`;
//! then date by date: group (R7) and name (R8 to R13), in `posting`.

use super::customer_facts::CustomerFacts;
use super::day::Day;
use super::explain::Trace;
use super::money::OutOfRange;
use super::movement::Movement;
pub use super::plan::Plan;
use super::policy::Policy;
use super::posting::Posting;
use super::story::Story;
pub use super::trial::Trial;
use super::void::Void;

/// What a customer's facts give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// By effective date.
    pub movements: Vec<Movement>,
    /// Facts without effect, and why.
    pub voids: Vec<Void>,
    pub trials: Vec<Trial>,
    /// What the customer is on after each date with CUSTOMER movements, by date and currency.
    pub plans: Vec<Plan>,
}

/// Derives a customer's movements. The order of arrival cannot matter: the facts are kept by id.
///
/// # Errors
/// [`OutOfRange`] when an MRR, or a sum of them, does not fit the journal.
pub fn replay(facts: &CustomerFacts, policy: &Policy) -> Result<Replay, OutOfRange> {
    run(facts, policy, None).map(|(replay, _)| replay)
}

/// As [`replay`], and what each movement is made of, in the same order.
///
/// # Errors
/// As [`replay`].
pub fn replay_traced(facts: &CustomerFacts, policy: &Policy) -> Result<(Replay, Vec<Trace>), OutOfRange> {
    run(facts, policy, Some(Vec::new())).map(|(replay, traces)| (replay, traces.unwrap_or_default()))
}

fn run(
    facts: &CustomerFacts,
    policy: &Policy,
    traces: Option<Vec<Trace>>,
) -> Result<(Replay, Option<Vec<Trace>>), OutOfRange> {
    let Some(customer_id) = facts.lines.values().next().map(|line| &line.customer_id) else {
        return Ok((Replay { voids: Story::of(facts)?.voids, ..Replay::default() }, None));
    };
    let story = Story::of(facts)?;
    let mut posting = Posting::new(customer_id, &story, policy);
    posting.traces = traces;
    let (mut atoms, mut renewals, mut pauses) = (&story.atoms[..], &story.renewals[..], &story.pauses[..]);
    loop {
        let firsts = [
            atoms.first().map(|atom| atom.on),
            renewals.first().map(|mark| mark.on),
            pauses.first().map(|pause| pause.on),
        ];
        let Some(date) = firsts.into_iter().flatten().min() else { break };
        posting.post(&Day {
            date,
            atoms: split_while(&mut atoms, |atom| atom.on == date),
            renewals: split_while(&mut renewals, |mark| mark.on == date),
            pauses: split_while(&mut pauses, |pause| pause.on == date),
        })?;
    }
    let Posting { movements, plans, traces, .. } = posting;
    Ok((Replay { movements, voids: story.voids, trials: story.trials, plans }, traces))
}

fn split_while<'s, T>(rest: &mut &'s [T], belongs: impl Fn(&T) -> bool) -> &'s [T] {
    let count = rest.iter().take_while(|item| belongs(item)).count();
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}
