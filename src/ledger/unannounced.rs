//! Events that the facts of a customer call for, and that are not in the outbox.

use std::collections::BTreeSet;

use crate::domain::customer_facts::CustomerFacts;
use crate::domain::event::LifecycleEvent;
use crate::domain::lifecycle::lifecycle;
use crate::domain::money::OutOfRange;
use crate::domain::policy::Policy;
use crate::domain::replay::Replay;
use crate::store::customer::Times;

/// What is missing of the events that were due when the customer was changed last. Later ones are written when somebody
/// finds that they are due.
pub(super) fn unannounced(
    replay: &Replay,
    facts: &CustomerFacts,
    policy: &Policy,
    times: Times,
    written: &BTreeSet<String>,
) -> Result<Vec<String>, OutOfRange> {
    // Whoever changes a customer writes what is due, and the next event lies behind that. One that was already due is of
    // a customer whose events were never derived: the store is older than they are.
    if times.next_event_at.is_some_and(|next_at| next_at <= times.changed_at) {
        return Ok(Vec::new());
    }
    let date = policy.date_of(times.changed_at);
    let due = lifecycle(replay, facts, policy)?.into_iter().filter(|event| event.due_on() <= date);
    let missing = due.map(|event: LifecycleEvent| event.key()).filter(|key| !written.contains(key));
    Ok(missing.map(|key| format!("the facts call for {key}, which is not in the outbox")).collect())
}
