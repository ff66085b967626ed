//! Why a movement is what it is: the rules that decided it, with the facts behind it.

use std::collections::BTreeSet;

use super::error::ReportError;
use super::reasons::{Reason, reasons, summary};
use super::traces::matched;
use crate::domain::customer_facts::CustomerFacts;
use crate::domain::event::LifecycleEvent;
use crate::domain::explain::LineChange;
use crate::domain::fact::Fact;
use crate::domain::ids::TenantId;
use crate::domain::lifecycle::lifecycle;
use crate::domain::movement::{Cause, Level};
use crate::domain::policy::Policy;
use crate::domain::replay::{Replay, replay_traced};
use crate::store::db::Db;
use crate::store::entry::{Entry, Sequence};
use crate::store::{fact, journal, tenant};

/// A movement and its reasons.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub entry: Entry,
    /// One sentence.
    pub summary: String,
    /// By rule number.
    pub reasons: Vec<Reason>,
    /// The lines behind it, by the facts as they are now; none when these no longer give the movement.
    pub changes: Vec<LineChange>,
    /// The lines and change orders that caused it, as they are now.
    pub facts: Vec<Fact>,
    /// The entry that reversed it (R16).
    pub reversed_by: Option<Sequence>,
    /// The events of its date and currency, if it is a CUSTOMER movement that takes part in events (R18).
    pub events: Vec<LifecycleEvent>,
}

/// None where there is no such movement.
pub async fn explain(db: &Db, tenant_id: &TenantId, sequence: Sequence) -> Result<Option<Explanation>, ReportError> {
    let mut tx = db.read().await?;
    let Some(entry) = journal::by_sequence(&mut tx, tenant_id, sequence).await? else { return Ok(None) };
    let customer_id = entry.movement.customer_id.clone();
    let entries = journal::of_customers(&mut tx, tenant_id, &[&customer_id]).await?;
    let stored = fact::of_customers(&mut tx, tenant_id, &[&customer_id]).await?;
    let policy = tenant::books(&mut tx, tenant_id).await?.policy;
    let facts: CustomerFacts = stored.into_iter().map(|stored| stored.fact).collect();
    let (replayed, traces) = replay_traced(&facts, &policy)?;
    let live = live(&entries);
    let trace = matched(&live, &replayed.movements, &traces).find(|(live, _)| live.sequence == sequence);
    let is_live = trace.is_some();
    let changes = trace.map(|(_, trace)| trace.changes.clone()).unwrap_or_default();
    let events = if is_live { events(&entry, &replayed, &facts, &policy)? } else { Vec::new() };
    let reversed_by = entries.iter().find(|later| later.reverses == Some(sequence)).map(|later| later.sequence);
    let reasons = reasons(&entry, &changes, &facts, reversed_by);
    let summary = summary(&entry);
    let facts = named_facts(&entry, &changes, &facts);
    Ok(Some(Explanation { entry, summary, reasons, changes, facts, reversed_by, events }))
}

/// Those that hold: neither reversals nor reversed.
fn live(entries: &[Entry]) -> Vec<Entry> {
    let reversed: BTreeSet<Sequence> = entries.iter().filter_map(|entry| entry.reverses).collect();
    let holds = |entry: &&Entry| entry.reverses.is_none() && !reversed.contains(&entry.sequence);
    entries.iter().filter(holds).cloned().collect()
}

/// The lifecycle events to which the movement contributes.
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

/// The causing lines and orders, each once.
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
