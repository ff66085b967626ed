//! Events that the facts of a customer call for, and that are not in the outbox.

use std::collections::BTreeSet;

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::money::OutOfRange;
use crate::domain::policy::Policy;
use crate::domain::replay::Replay;
use crate::ledger::write::due_events::unsent;
use crate::store::facts::customer::Times;

/// What is missing of the events that were due when the customer was changed last. Later ones are written when somebody
/// finds that they are due.
pub(in crate::ledger) fn unannounced(
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
    let (missing, _) = unsent(replay, facts, policy, written, policy.date_of(times.changed_at))?;
    Ok(missing.iter().map(|event| format!("the facts call for {}, which is not in the outbox", event.key())).collect())
}
