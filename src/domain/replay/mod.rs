//! A customer's facts → movements (R15): a pure function, and the only way to a movement.
//!
//! | module | phase |
//! |---|---|
//! | `arena` | indices of lines, subscriptions, links and atoms |
//! | `contract` | facts by subscription; contracts |
//! | `in_force` | the span of each line (R3), renewals by order (R9) |
//! | `line_event`, `causes` | the causes of a line in their order (R4) |
//! | `line_timeline` | a line over time (R5, R6, R10) |
//! | `renewal_link` | renewals by link (R9) |
//! | `trial` | spans of trial (R5) |
//! | `customer_timeline` | all of these: the atoms of a customer |
//! | `day_changes`, `movement_builder` | date by date: group (R7) and name (R8 to R13) |
//! | [`explain`] | the lines behind a movement |

pub(crate) mod arena;
pub(crate) mod contract;
pub(crate) mod in_force;
pub(crate) mod line_event;
pub(crate) mod causes;
pub(crate) mod line_timeline;
pub(crate) mod renewal_link;
pub(crate) mod trial;
pub(crate) mod customer_timeline;
pub(crate) mod day_changes;
pub(crate) mod movement_builder;
pub mod explain;

use crate::domain::error::DomainError;
pub use crate::domain::events::plan::Plan;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::void::Void;
use crate::domain::journal::movement::Movement;
use crate::domain::policy::Policy;
use crate::domain::replay::customer_timeline::CustomerTimeline;
use crate::domain::replay::day_changes::DayChanges;
use crate::domain::replay::explain::Trace;
use crate::domain::replay::movement_builder::MovementBuilder;
pub use crate::domain::replay::trial::Trial;
use crate::domain::runs::split_while;

/// The result of a customer's facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// By effective date.
    pub movements: Vec<Movement>,
    /// Facts without effect, and the reasons.
    pub voids: Vec<Void>,
    pub trials: Vec<Trial>,
    /// The plan after each date with CUSTOMER movements, by date and currency.
    pub plans: Vec<Plan>,
}

/// Derives a customer's movements. The order of arrival cannot matter: the facts are kept by id.
///
/// # Errors
/// [`DomainError::OutOfRange`] when an MRR, or a sum of them, does not fit the journal.
pub fn replay(facts: &CustomerFacts, policy: &Policy) -> Result<Replay, DomainError> {
    run(facts, policy, None)
}

/// As [`replay`], with the trace of each movement, in the same order.
///
/// # Errors
/// As [`replay`].
pub fn replay_traced(facts: &CustomerFacts, policy: &Policy) -> Result<(Replay, Vec<Trace>), DomainError> {
    let mut traces = Vec::new();
    let replay = run(facts, policy, Some(&mut traces))?;
    Ok((replay, traces))
}

fn run(facts: &CustomerFacts, policy: &Policy, traces: Option<&mut Vec<Trace>>) -> Result<Replay, DomainError> {
    let timeline = CustomerTimeline::of(facts)?;
    let Some(customer_id) = facts.lines.values().next().map(|line| &line.customer_id) else {
        return Ok(Replay { voids: timeline.voids, ..Replay::default() });
    };
    let mut builder = MovementBuilder::new(customer_id, &timeline, policy, traces);
    let (mut atoms, mut renewals) = (timeline.atoms.as_slice(), timeline.renewals.as_slice());
    let mut suspensions = timeline.suspensions.as_slice();
    loop {
        let firsts = [
            atoms.first().map(|atom| atom.on),
            renewals.first().map(|mark| mark.on),
            suspensions.first().map(|mark| mark.on),
        ];
        let Some(date) = firsts.into_iter().flatten().min() else { break };
        builder.add(&DayChanges::new(
            date,
            split_while(&mut atoms, |atom| atom.on == date),
            split_while(&mut renewals, |mark| mark.on == date),
            split_while(&mut suspensions, |mark| mark.on == date),
        ))?;
    }
    let MovementBuilder { movements, plans, .. } = builder;
    Ok(Replay { movements, voids: timeline.voids, trials: timeline.trials, plans })
}
