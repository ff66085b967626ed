//! R13: finance's word on a cause, recorded as the next revision of a fact.
//!
//! Read what holds → is it a repeat, is it stale, is there such a cause → record. Whoever was faster is found out when it
//! is recorded: then the same revision is there with other content.

use std::collections::BTreeSet;

use crate::domain::actor::Actor;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, FactKey, Override, Revision};
use crate::domain::facts::refusal::{Refusal, override_objection, refusals};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::policy::Policy;
use crate::domain::replay::replay;
use crate::ledger::command::{Mode, Outcome, Recorded};
use crate::ledger::customer_view::customer_view;
use crate::ledger::error::{ProblemKind, RecordError};
use crate::ledger::handle::Ledger;
use crate::store::error::StoreError;
use crate::store::facts::overrides::{StoredOverride, find};
use crate::store::journal;

/// What an override came to, or would come to.
#[derive(Debug)]
pub struct Overridden {
    pub over: Override,
    /// As it is stored; None in a preview.
    pub stored: Option<StoredOverride>,
    pub outcome: Outcome,
    /// The entries that it brought, reversals first.
    pub recorded: Recorded,
    /// The entries that were reversed, as they stood.
    pub before: Vec<Entry>,
}

/// Why an override is not recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OverrideError {
    #[error("the override is at revision {0} by now, not at the expected one; look at it again")]
    Stale(Revision),
    #[error("somebody else changed the override at the same time; look at it again")]
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
    /// Records an override, or takes one back if it has no modification type. Its revision is chosen here; `expected` is
    /// the one that the caller has seen, 0 for none.
    pub async fn override_cause(
        &self,
        wish: Override,
        expected: Option<Revision>,
        is_preview: bool,
        author: &Actor,
    ) -> Result<Overridden, OverrideError> {
        let (db, tenant_id) = (&self.desk.db, &self.desk.tenant_id);
        let view = customer_view(db, tenant_id, &wish.customer_id).await?;
        let facts = view.map(|view| view.facts).unwrap_or_default();
        let over = next_revision(wish, expected, &facts)?;
        let fact = Fact::Override(over.clone());
        let mode = if is_preview { Mode::Preview } else { Mode::Strict };
        let recorded = self.record(vec![fact], mode, author).await.map_err(raced)?;
        let outcome = recorded.outcomes.first().copied().flatten().unwrap_or(Outcome::Recorded);
        let mut tx = db.read().await?;
        let stored = if is_preview { None } else { find(&mut tx, tenant_id, &over).await? };
        let reversed: BTreeSet<Sequence> = recorded.entries.iter().filter_map(|entry| entry.reverses).collect();
        let mut before = Vec::new();
        if !reversed.is_empty() {
            before = journal::of_customers(&mut tx, tenant_id, &[&over.customer_id]).await?;
            before.retain(|entry| reversed.contains(&entry.sequence));
        }
        tx.rollback().await?;
        Ok(Overridden { over, stored, outcome, recorded, before })
    }
}

/// The override as it is to be recorded: again what holds, if it says the same, else the revision behind it.
fn next_revision(wish: Override, expected: Option<Revision>, facts: &CustomerFacts) -> Result<Override, OverrideError> {
    let current = facts.overrides.get(&wish.target);
    let revision = current.map_or(0, |current| current.revision);
    let is_repeat = current.is_some_and(|current| *current == Override { revision, ..wish.clone() });
    let is_seen = |expected: Revision| expected == revision || (is_repeat && expected.checked_add(1) == Some(revision));
    if !expected.is_none_or(is_seen) {
        return Err(OverrideError::Stale(revision));
    }
    if is_repeat {
        return Ok(Override { revision, ..wish });
    }
    let is_clearing = wish.modification_type.is_none();
    if is_clearing && current.is_none_or(|current| current.modification_type.is_none()) {
        return Err(OverrideError::NotInForce(FactKey::Override(wish.target).id()));
    }
    let next = Override { revision: revision.saturating_add(1), ..wish };
    if !is_clearing {
        check_cause(&next, facts)?;
    }
    Ok(next)
}

/// R13, R15: there must be such a cause.
fn check_cause(over: &Override, facts: &CustomerFacts) -> Result<(), OverrideError> {
    let mut facts = facts.clone();
    facts.insert(Fact::Override(over.clone()));
    let key = FactKey::Override(over.target.clone());
    if let Some((_, refusal)) = refusals(&facts).into_iter().find(|(refused, _)| *refused == key) {
        return Err(refusal.into());
    }
    // Whether a cause occurs does not depend on the policy.
    let replayed = replay(&facts, &Policy::default()).map_err(|_| Refusal::OutOfRange)?;
    override_objection(over, &facts, &replayed.voids).map_or(Ok(()), |refusal| Err(refusal.into()))
}

fn raced(error: RecordError) -> OverrideError {
    match error {
        RecordError::Problems(problems)
            if problems.iter().any(|problem| matches!(problem.kind, ProblemKind::Conflict(_))) =>
        {
            OverrideError::Raced
        }
        error => error.into(),
    }
}
