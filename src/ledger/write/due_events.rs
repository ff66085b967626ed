//! Which events of a customer are due, and when the next one will be (R18).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::events::event::{EventKind, LifecycleEvent};
use crate::domain::events::lifecycle::lifecycle;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::money::OutOfRange;
use crate::domain::policy::Policy;
use crate::domain::replay::Replay;
use crate::ledger::write::customer_state::CustomerState;
use crate::store::events::outbox::NewEvent;

/// What is to go out of a customer, as its facts stand.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Announcement {
    /// Due, and not yet sent; in the order in which they go out.
    pub due: Vec<LifecycleEvent>,
    /// When the next one is due that is not.
    pub next_at: Option<DateTime<Utc>>,
}

/// What went out once never goes out again; what is not due yet may still change.
pub(in crate::ledger) fn announce(
    known: &CustomerState,
    facts: &CustomerFacts,
    replay: &Replay,
    now: DateTime<Utc>,
) -> Result<Announcement, OutOfRange> {
    let today = known.books.policy.date_of(now);
    let mut announcement = Announcement::default();
    if known.version == 0 {
        announcement.due.push(LifecycleEvent { kind: EventKind::AccountCreated, date: today, provisional_until: None });
    }
    let (due, later) = unsent(replay, facts, &known.books.policy, &known.sent, today)?;
    announcement.due.extend(due);
    announcement.next_at = later.iter().map(LifecycleEvent::due_on).min().map(|date| known.books.policy.start_of(date));
    Ok(announcement)
}

/// What has not gone out yet: what is due on a date, and what is due later.
pub(in crate::ledger) fn unsent(
    replay: &Replay,
    facts: &CustomerFacts,
    policy: &Policy,
    sent: &BTreeSet<String>,
    today: NaiveDate,
) -> Result<(Vec<LifecycleEvent>, Vec<LifecycleEvent>), OutOfRange> {
    let unsent = lifecycle(replay, facts, policy)?.into_iter().filter(|event| !sent.contains(&event.key()));
    Ok(unsent.partition(|event| event.due_on() <= today))
}

/// The event as it goes out.
pub(in crate::ledger) fn to_send(
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
