//! A customer's facts → movements (R15): a pure function, and the only way to a movement.
//!
//! Phases: index the facts → lives (R3, R9) → timelines (R4 to R6, R10) → links (R9), all in `story`;
//! then date by date: group (R7) and name (R8 to R13), in `posting`.

pub(crate) mod causes;
pub(crate) mod contract;
pub(crate) mod customer_timeline;
pub(crate) mod day_changes;
pub mod explain;
pub(crate) mod in_force;
pub(crate) mod line_event;
pub(crate) mod line_timeline;
pub(crate) mod posting;
pub(crate) mod renewal_link;
pub(crate) mod trial;

pub use crate::domain::events::plan::Plan;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::void::Void;
use crate::domain::journal::movement::Movement;
use crate::domain::money::OutOfRange;
use crate::domain::policy::Policy;
use crate::domain::replay::customer_timeline::Story;
use crate::domain::replay::day_changes::Day;
use crate::domain::replay::explain::Trace;
use crate::domain::replay::posting::Posting;
pub use crate::domain::replay::trial::Trial;

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
