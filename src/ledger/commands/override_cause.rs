//! R13: overrides the modification type of a cause, recorded as the next revision of a fact.
//!
//! Read the override in force → check for a repeat, a stale revision, a missing cause → record. A concurrent change shows
//! when the fact is recorded: the same revision then exists with other content.

use std::collections::BTreeSet;

use crate::bug;
use crate::bug::Bug;
use crate::domain::actor::Actor;
use crate::domain::error::DomainError;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, FactKey, Override, Revision};
use crate::domain::facts::refusal::{Refusal, override_objection, refusals};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::policy::Policy;
use crate::domain::replay::replay;
use crate::ledger::command::{Mode, RecordOutcome, Recorded};
use crate::ledger::customer_view::customer_view;
use crate::ledger::error::{RecordError, RefusalReason};
use crate::ledger::handle::Ledger;
use crate::store::error::StoreError;
use crate::store::facts::overrides::{StoredOverride, find};
use crate::store::journal;

/// Result of an override, or of its preview.
#[derive(Debug)]
pub struct OverrideResult {
    pub over: Override,
    /// The override as stored; None in a preview.
    pub stored: Option<StoredOverride>,
    pub outcome: RecordOutcome,
    /// Entries that the override produced, reversals first.
    pub recorded: Recorded,
    /// Entries that were reversed, as they were before.
    pub before: Vec<Entry>,
}

/// Failure of an override.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OverrideError {
    #[error("the override is at revision {0} by now, not at the expected one; look at it again")]
    Stale(Revision),
    #[error("the override was changed at the same time; look at it again")]
    Raced,
    #[error("no override of {0} is in force")]
    NotInForce(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<StoreError> for OverrideError {
    fn from(error: StoreError) -> Self {
        Self::Record(error.into())
    }
}

impl Ledger {
    /// Records an override, or clears one if the request has no modification type. The revision of the request is
    /// ignored; `expected` is the revision that the caller has read, 0 for none.
    pub async fn override_cause(
        &self,
        requested: Override,
        expected: Option<Revision>,
        is_preview: bool,
        actor: &Actor,
    ) -> Result<OverrideResult, OverrideError> {
        let (db, tenant_id) = (&self.context.db, &self.context.tenant_id);
        let view = customer_view(db, tenant_id, &requested.customer_id).await?;
        // A customer without a recording has no facts.
        let facts = view.map_or_else(CustomerFacts::default, |view| view.facts);
        let over = next_revision(requested, expected, &facts)?;
        let fact = Fact::Override(over.clone());
        let mode = if is_preview { Mode::Preview } else { Mode::Strict };
        let recorded = self.record(vec![fact], mode, actor).await.map_err(conflict_as_raced)?;
        let outcome = recorded.outcomes.first().copied().flatten();
        let outcome = outcome.ok_or_else(|| RecordError::from(bug!("a recorded override without an outcome")))?;
        let mut tx = db.read().await?;
        let stored = if is_preview { None } else { find(&mut tx, tenant_id, &over).await? };
        let reversed: BTreeSet<Sequence> = recorded.entries.iter().filter_map(|entry| entry.reverses).collect();
        let mut before = Vec::new();
        if !reversed.is_empty() {
            before = journal::of_customers(&mut tx, tenant_id, &[&over.customer_id]).await?;
            before.retain(|entry| reversed.contains(&entry.sequence));
        }
        tx.rollback().await?;
        Ok(OverrideResult { over, stored, outcome, recorded, before })
    }
}

/// The override to record: the one in force if the request repeats it, else its next revision.
fn next_revision(
    requested: Override,
    expected: Option<Revision>,
    facts: &CustomerFacts,
) -> Result<Override, OverrideError> {
    let current = facts.overrides.get(&requested.target);
    let revision = current.map_or(0, |current| current.revision);
    let is_repeat = current.is_some_and(|current| *current == Override { revision, ..requested.clone() });
    let is_expected =
        |expected: Revision| expected == revision || (is_repeat && expected.checked_add(1) == Some(revision));
    if !expected.is_none_or(is_expected) {
        return Err(OverrideError::Stale(revision));
    }
    if is_repeat {
        return Ok(Override { revision, ..requested });
    }
    let is_clearing = requested.modification_type.is_none();
    if is_clearing && current.is_none_or(|current| current.modification_type.is_none()) {
        return Err(OverrideError::NotInForce(FactKey::Override(requested.target).id()));
    }
    let revision = revision.checked_add(1);
    let revision = revision.ok_or_else(|| RecordError::from(bug!("an override has no next revision")))?;
    let next = Override { revision, ..requested };
    if !is_clearing {
        check_cause(&next, facts)?;
    }
    Ok(next)
}

/// Checks that the overridden cause exists (R13, R15).
fn check_cause(over: &Override, facts: &CustomerFacts) -> Result<(), OverrideError> {
    let mut facts = facts.clone();
    facts.insert(Fact::Override(over.clone()));
    let key = FactKey::Override(over.target.clone());
    if let Some((_, refusal)) = refusals(&facts).into_iter().find(|(refused, _)| *refused == key) {
        return Err(refusal.into());
    }
    // The existence of a cause does not depend on the policy.
    let replayed = replay(&facts, &Policy::default()).map_err(|error| match error {
        DomainError::OutOfRange(_) => OverrideError::Refused(Refusal::OutOfRange),
        DomainError::Internal(error) => RecordError::from(Bug::from(error)).into(),
    })?;
    override_objection(over, &facts, &replayed.voids).map_or(Ok(()), |refusal| Err(refusal.into()))
}

fn conflict_as_raced(error: RecordError) -> OverrideError {
    match error {
        RecordError::Refused(refused)
            if refused.iter().any(|refused| matches!(refused.reason, RefusalReason::Conflict(_))) =>
        {
            OverrideError::Raced
        }
        error => error.into(),
    }
}
