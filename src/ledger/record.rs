//! Recording facts: load → decide in memory → write, in one transaction. Nothing is written before every customer of
//! the request is decided.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::decide::{Decision, Known, Numbered, decide, decide_leniently};
use super::error::{Problem, RecordError};
use crate::domain::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::movement::Movement;
use crate::domain::policy::Policy;
use crate::store::customer;
use crate::store::db::{Db, Tx};
use crate::store::entry::{Entry, Sequence};
use crate::store::error::StoreError;
use crate::store::fact::{self, NewFact};
use crate::store::{journal, tenant};

/// How to treat facts that are refused, and whether to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All or nothing.
    Strict,
    /// Like `Strict`, but stores nothing: the same path with a rollback.
    Preview,
    /// Leaves out what is refused, and goes on with the rest.
    Lenient,
}

/// What became of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Recorded,
    /// It was there already, with the same content (R17).
    Unchanged,
}

/// What became of a request.
#[derive(Debug, Default)]
pub struct Recorded {
    /// One for each fact, in the order of the request; None where it was refused.
    pub outcomes: Vec<Option<Outcome>>,
    pub refused: Vec<Problem>,
    /// The entries that the facts brought; for repeats those that they brought when they were recorded. In a preview
    /// their sequence is 0.
    pub entries: Vec<Entry>,
    /// How many of the entries are new.
    pub new_entries: usize,
}

/// Records the facts of one request.
pub(super) async fn record(
    db: &Db,
    tenant_id: &TenantId,
    facts: &[Fact],
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Recorded, RecordError> {
    let mut tx = db.write().await?;
    let outcome = record_in(&mut tx, tenant_id, facts, mode, now).await;
    match (&outcome, mode) {
        (Ok(_), Mode::Strict | Mode::Lenient) => tx.commit().await?,
        (Ok(_), Mode::Preview) | (Err(_), _) => tx.rollback().await?,
    }
    outcome
}

async fn record_in(
    tx: &mut Tx,
    tenant_id: &TenantId,
    facts: &[Fact],
    mode: Mode,
    now: DateTime<Utc>,
) -> Result<Recorded, RecordError> {
    let mut by_customer: BTreeMap<&CustomerId, Vec<Numbered<'_>>> = BTreeMap::new();
    for numbered in facts.iter().enumerate() {
        by_customer.entry(numbered.1.customer_id()).or_default().push(numbered);
    }
    let customers: Vec<&CustomerId> = by_customer.keys().copied().collect();
    let policy = tenant::policy(tx, tenant_id).await?;
    let known = load(tx, tenant_id, &customers).await?;

    let mut refused = Vec::new();
    let mut decisions = Vec::with_capacity(by_customer.len());
    for (customer_id, new) in by_customer {
        let nothing = Known::default();
        let known = known.get(customer_id).unwrap_or(&nothing);
        let decision = decide_in(mode, known, &new, &policy, &mut refused);
        decisions.push((customer_id, decision));
    }
    if mode != Mode::Lenient && !refused.is_empty() {
        refused.sort_by_key(|problem| problem.index);
        return Err(RecordError::Problems(refused));
    }
    let mut recorded = Recorded { outcomes: vec![None; facts.len()], refused, ..Recorded::default() };
    write(tx, tenant_id, &decisions, &known, now, &mut recorded).await?;
    if mode == Mode::Preview {
        let new_entries = recorded.new_entries;
        for entry in recorded.entries.iter_mut().rev().take(new_entries) {
            entry.sequence = 0;
        }
    }
    Ok(recorded)
}

fn decide_in<'f>(
    mode: Mode,
    known: &Known,
    new: &[Numbered<'f>],
    policy: &Policy,
    refused: &mut Vec<Problem>,
) -> Decision<'f> {
    match mode {
        Mode::Strict | Mode::Preview => decide(known, new, policy).unwrap_or_else(|problems| {
            refused.extend(problems);
            Decision::default()
        }),
        Mode::Lenient => {
            let (decision, problems) = decide_leniently(known, new, policy);
            refused.extend(problems);
            decision
        }
    }
}

async fn load(
    tx: &mut Tx,
    tenant_id: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeMap<CustomerId, Known>, StoreError> {
    let mut known: BTreeMap<CustomerId, Known> = BTreeMap::new();
    for stored in fact::of_customers(tx, tenant_id, customers).await? {
        known.entry(stored.fact.customer_id().clone()).or_default().facts.push(stored);
    }
    for entry in journal::of_customers(tx, tenant_id, customers).await? {
        known.entry(entry.movement.customer_id.clone()).or_default().entries.push(entry);
    }
    Ok(known)
}

async fn write(
    tx: &mut Tx,
    tenant_id: &TenantId,
    decisions: &[(&CustomerId, Decision<'_>)],
    known: &BTreeMap<CustomerId, Known>,
    now: DateTime<Utc>,
    recorded: &mut Recorded,
) -> Result<(), RecordError> {
    let changed: Vec<&CustomerId> =
        decisions.iter().filter(|(_, decision)| !decision.recorded.is_empty()).map(|(id, _)| *id).collect();
    let versions = customer::touch(tx, tenant_id, &changed, now).await?;
    let mut next = journal::last_sequence(tx).await?;
    let mut new_facts = Vec::new();
    let mut new_entries = Vec::new();
    for (customer_id, decision) in decisions {
        let version = versions.get(*customer_id).copied().unwrap_or_default();
        let entries = known.get(*customer_id).map_or(&[][..], |known| &known.entries);
        for (index, fact) in &decision.recorded {
            set(&mut recorded.outcomes, *index, Outcome::Recorded);
            new_facts.push(NewFact { fact, version });
        }
        for (index, _) in &decision.unchanged {
            set(&mut recorded.outcomes, *index, Outcome::Unchanged);
        }
        let repeated = entries.iter().filter(|entry| decision.unchanged.iter().any(|(_, v)| *v == entry.version));
        recorded.entries.extend(repeated.cloned());
        for (reverses, movement) in changes(decision, entries)? {
            next = next.saturating_add(1);
            let posting_date = movement.effective_date;
            new_entries.push(Entry { sequence: next, version, recorded_at: now, posting_date, reverses, movement });
        }
    }
    fact::append(tx, tenant_id, &new_facts, now).await?;
    journal::append(tx, tenant_id, &new_entries).await?;
    recorded.new_entries = new_entries.len();
    recorded.entries.sort_by_key(|entry| entry.sequence);
    recorded.entries.extend(new_entries);
    Ok(())
}

/// R16: reversals first, then the new movements.
fn changes(decision: &Decision<'_>, entries: &[Entry]) -> Result<Vec<(Option<Sequence>, Movement)>, RecordError> {
    let reversed = decision.reversals.iter().filter_map(|sequence| {
        let position = entries.binary_search_by_key(sequence, |entry| entry.sequence).ok()?;
        entries.get(position)
    });
    let mut changes = Vec::with_capacity(decision.reversals.len().saturating_add(decision.postings.len()));
    for entry in reversed {
        // The one amount without an opposite is beyond what a replay gives.
        let movement = entry.movement.reversed().map_err(|_| RecordError::Failed)?;
        changes.push((Some(entry.sequence), movement));
    }
    changes.extend(decision.postings.iter().map(|movement| (None, movement.clone())));
    Ok(changes)
}

fn set(outcomes: &mut [Option<Outcome>], index: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(index) {
        *slot = Some(outcome);
    }
}
