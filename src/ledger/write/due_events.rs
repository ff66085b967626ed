//! Events of a customer that are due, and the instant at which the next one will be (R18).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::error::DomainError;
use crate::domain::events::event::{EventKind, LifecycleEvent};
use crate::domain::events::lifecycle::lifecycle;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::policy::Policy;
use crate::domain::replay::Replay;
use crate::ledger::write::customer_state::CustomerState;
use crate::store::events::outbox::NewEvent;

/// Events of a customer to write to the outbox, and the next ones.
#[derive(Debug, Default)]
pub(in crate::ledger) struct DueEvents {
    /// Due and not yet in the outbox, in the order of delivery.
    pub due: Vec<LifecycleEvent>,
    /// Instant at which the next event becomes due.
    pub next_at: Option<DateTime<Utc>>,
}

/// Selects the events to write. An event that was written once is never written again; one that is not due yet may still
/// change.
pub(in crate::ledger) fn due_events(
    customer: &CustomerState,
    facts: &CustomerFacts,
    replay: &Replay,
    now: DateTime<Utc>,
) -> Result<DueEvents, DomainError> {
    let policy = &customer.books.policy;
    let today = policy.date_of(now);
    let mut events = DueEvents::default();
    if customer.version == 0 {
        events.due.push(LifecycleEvent { kind: EventKind::AccountCreated, date: today, provisional_until: None });
    }
    let (due, later) = unwritten_events(replay, facts, policy, &customer.event_keys, today)?;
    events.due.extend(due);
    events.next_at = later.iter().map(LifecycleEvent::due_on).min().map(|date| policy.start_of(date));
    Ok(events)
}

/// Events that are not in the outbox: those due by a date, and those due later.
pub(in crate::ledger) fn unwritten_events(
    replay: &Replay,
    facts: &CustomerFacts,
    policy: &Policy,
    written_keys: &BTreeSet<String>,
    today: NaiveDate,
) -> Result<(Vec<LifecycleEvent>, Vec<LifecycleEvent>), DomainError> {
    let all = lifecycle(replay, facts, policy)?.into_iter();
    let unwritten = all.filter(|event| !written_keys.contains(&event.key()));
    Ok(unwritten.partition(|event| event.due_on() <= today))
}

/// The event as a row of the outbox.
pub(in crate::ledger) fn outbox_event(
    tenant_id: &TenantId,
    customer_id: &CustomerId,
    facts: &CustomerFacts,
    policy: &Policy,
    event: &LifecycleEvent,
) -> NewEvent {
    NewEvent {
        customer_id: customer_id.clone(),
        key: event.key(),
        body: Envelope::of(tenant_id, customer_id, facts.customer.as_ref(), event, policy).json(),
    }
}
