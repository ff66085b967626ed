//! Explanation of a movement: the rules that decided it, with the facts behind it.

pub mod level_comparison;
pub mod override_history;
pub mod reasons;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::events::event::LifecycleEvent;
use crate::domain::events::lifecycle::lifecycle;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{Cause, Level};
use crate::domain::policy::Policy;
use crate::domain::replay::explain::LineChange;
use crate::domain::replay::{Replay, replay_traced};
use crate::reports::error::ReportError;
use crate::reports::explain::level_comparison::{Counterpart, counterparts};
use crate::reports::explain::override_history::{Case, FinanceWord, finance_words};
use crate::reports::explain::reasons::{Reason, reasons, summary};
use crate::reports::movements::traces::matched;
use crate::store::db::Db;
use crate::store::events::outbox;
use crate::store::facts::fact;
use crate::store::journal;
use crate::store::tenants::tenant;

/// Explanation of a movement.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub entry: Entry,
    /// The movement in one sentence.
    pub summary: String,
    /// Reasons by rule number.
    pub reasons: Vec<Reason>,
    /// Lines behind it, by the current facts; empty when these no longer give the movement.
    pub changes: Vec<LineChange>,
    /// Lines and change orders that caused it, in their current revision.
    pub facts: Vec<Fact>,
    /// Entry that reversed it (R16).
    pub reversed_by: Option<Sequence>,
    /// Current entries in its place, if it was reversed.
    pub replaced_by: Vec<Sequence>,
    /// Overrides of its causes (R13).
    pub finance_words: Vec<FinanceWord>,
    /// Comparison with the other level; empty when the facts no longer give the movement.
    pub other_level: Vec<Counterpart>,
    /// Events of its date and currency, if it is a CUSTOMER movement that takes part in events (R18).
    pub events: Vec<ToldEvent>,
}

/// Event and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldEvent {
    pub event: LifecycleEvent,
    pub state: EventState,
}

/// State of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    /// Due on a later date.
    Scheduled,
    /// Due, and next to be written to the outbox.
    Due,
    /// Written to the outbox with these properties.
    Sent,
}

/// Explains a movement; None if there is no such movement.
pub async fn explain(
    db: &Db,
    tenant_id: &TenantId,
    sequence: Sequence,
    now: DateTime<Utc>,
) -> Result<Option<Explanation>, ReportError> {
    let mut tx = db.read().await?;
    let Some(entry) = journal::by_sequence(&mut tx, tenant_id, sequence).await? else { return Ok(None) };
    let customer_id = entry.movement.customer_id.clone();
    let entries = journal::of_customers(&mut tx, tenant_id, &[&customer_id]).await?;
    let stored = fact::of_customers(&mut tx, tenant_id, &[&customer_id]).await?;
    let policy = tenant::books(&mut tx, tenant_id).await?.policy;
    let facts: CustomerFacts = stored.iter().map(|stored| stored.fact.clone()).collect();
    let (replayed, traces) = replay_traced(&facts, &policy)?;
    let live = live(&entries);
    let traced = matched(&live, &replayed.movements, &traces);
    let own = traced.iter().find(|it| it.entry.sequence == sequence);
    let changes = own.map(|own| own.trace.changes.clone()).unwrap_or_default();
    let events = match own {
        Some(_) => events(&entry, &replayed, &facts, &policy)?,
        None => Vec::new(),
    };
    let sent = outbox::keys(&mut tx, tenant_id, &[&customer_id]).await?;
    let sent: BTreeSet<String> = sent.into_iter().map(|(_, key)| key).collect();
    let case = Case { movement: &entry.movement, own, facts: &facts, policy: &policy };
    let finance_words = finance_words(&mut tx, tenant_id, &stored, &case).await?;
    let other_level = own.map_or_else(|| Ok(Vec::new()), |own| counterparts(own, &traced))?;
    let reversed_by = entries.iter().find(|later| later.reverses == Some(sequence)).map(|later| later.sequence);
    let today = policy.date_of(now);
    Ok(Some(Explanation {
        summary: summary(&entry),
        reasons: reasons(&entry, &changes, &facts, reversed_by),
        facts: named_facts(&entry, &changes, &facts),
        replaced_by: if own.is_some() { Vec::new() } else { in_place_of(&entry, &live) },
        events: events.into_iter().map(|event| told(event, &sent, today)).collect(),
        entry,
        changes,
        reversed_by,
        finance_words,
        other_level,
    }))
}

fn told(event: LifecycleEvent, sent: &BTreeSet<String>, today: NaiveDate) -> ToldEvent {
    let state = if sent.contains(&event.key()) {
        EventState::Sent
    } else if event.due_on() <= today {
        EventState::Due
    } else {
        EventState::Scheduled
    };
    ToldEvent { event, state }
}

/// Finds current entries that share a cause with reversed ones: of the same line, and of the same item where there are
/// any.
fn in_place_of(entry: &Entry, live: &[Entry]) -> Vec<Sequence> {
    let movement = &entry.movement;
    let is_alike = |other: &&Entry| {
        let it = &other.movement;
        (it.level, it.currency, &it.line_id) == (movement.level, movement.currency, &movement.line_id)
            && it.renewed_mrr.is_some() == movement.renewed_mrr.is_some()
            && it.causes.iter().any(|cause| movement.causes.contains(cause))
    };
    let alike: Vec<&Entry> = live.iter().filter(is_alike).collect();
    let has_item = alike.iter().any(|other| other.movement.item_id == movement.item_id);
    let is_meant = |other: &&&Entry| !has_item || other.movement.item_id == movement.item_id;
    alike.iter().filter(is_meant).map(|other| other.sequence).collect()
}

/// Keeps current entries: neither reversals nor reversed.
fn live(entries: &[Entry]) -> Vec<Entry> {
    let reversed: BTreeSet<Sequence> = entries.iter().filter_map(|entry| entry.reverses).collect();
    let holds = |entry: &&Entry| entry.reverses.is_none() && !reversed.contains(&entry.sequence);
    entries.iter().filter(holds).cloned().collect()
}

/// Collects the lifecycle events to which the movement contributes.
fn events(
    entry: &Entry,
    replayed: &Replay,
    facts: &CustomerFacts,
    policy: &Policy,
) -> Result<Vec<LifecycleEvent>, ReportError> {
    let movement = &entry.movement;
    if movement.level != Level::Customer {
        return Ok(Vec::new());
    }
    let on_date = |event: &LifecycleEvent| {
        event.date == movement.effective_date && event.kind.currency() == Some(movement.currency)
    };
    let mut events = lifecycle(replayed, facts, policy)?;
    events.retain(|event| on_date(event) && event.kind.follows(movement.subcategory));
    Ok(events)
}

/// Collects the causing lines and orders, each once.
fn named_facts(entry: &Entry, changes: &[LineChange], facts: &CustomerFacts) -> Vec<Fact> {
    let of_causes = entry.movement.causes.iter().filter_map(|cause| match cause {
        Cause::LineStart(line)
        | Cause::TrialEnd(line)
        | Cause::PriceStep(line, _)
        | Cause::NaturalEnd(line)
        | Cause::RenewalLink(line, _) => Some(line),
        Cause::ChangeOrder(_) => None,
    });
    let mut lines: Vec<_> = of_causes.chain(changes.iter().map(|change| &change.line_id)).collect();
    lines.sort();
    lines.dedup();
    let orders = entry.movement.causes.iter().filter_map(|cause| match cause {
        Cause::ChangeOrder(order) => facts.orders.get(order).cloned().map(Fact::Order),
        _ => None,
    });
    lines.into_iter().filter_map(|line| facts.lines.get(line).cloned().map(Fact::Line)).chain(orders).collect()
}
