//! History of the overrides of a movement's causes, with the effect of each.

use std::collections::BTreeSet;

use crate::codec::describe::cause as cause_text;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, ModificationType, Override, OverrideTarget};
use crate::domain::ids::TenantId;
use crate::domain::journal::movement::{Category, Movement};
use crate::domain::policy::Policy;
use crate::domain::replay::explain::Trace;
use crate::domain::replay::replay_traced;
use crate::reports::error::ReportError;
use crate::reports::explain::level_comparison::{capital, shown};
use crate::reports::movements::traces::Traced;
use crate::store::db::Tx;
use crate::store::facts::fact::StoredFact;
use crate::store::facts::overrides::{StoredOverride, find};

/// Maximum number of revisions shown.
const MAX_SHOWN: usize = 50;

/// Revision of an override of one of the causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinanceWord {
    pub stored: StoredOverride,
    /// Latest revision, not cleared.
    pub is_in_force: bool,
    /// Effect on the movement in one sentence.
    pub statement: String,
}

/// Movement whose overrides are described.
pub(in crate::reports) struct Case<'c> {
    pub movement: &'c Movement,
    /// None: the facts no longer give the movement.
    pub own: Option<&'c Traced<'c>>,
    pub facts: &'c CustomerFacts,
    pub policy: &'c Policy,
}

/// Lists every revision of the overrides of the movement's causes, latest first.
pub(in crate::reports) async fn finance_words(
    tx: &mut Tx,
    tenant_id: &TenantId,
    stored: &[StoredFact],
    case: &Case<'_>,
) -> Result<Vec<FinanceWord>, ReportError> {
    let mut targets: BTreeSet<OverrideTarget> = case.movement.causes.iter().filter_map(OverrideTarget::of).collect();
    // A reactivation takes the type of its suspension.
    targets.extend(case.own.and_then(|own| own.trace.over()).map(|over| over.target.clone()));
    let mut revisions: Vec<(&StoredFact, &Override)> = stored
        .iter()
        .filter_map(|stored| match &stored.fact {
            Fact::Override(over) if targets.contains(&over.target) => Some((stored, over)),
            _ => None,
        })
        .collect();
    revisions.sort_by_key(|(stored, over)| std::cmp::Reverse((stored.version, over.revision)));
    let mut words = Vec::new();
    for (stored, over) in revisions.into_iter().take(MAX_SHOWN) {
        let (is_in_force, statement) = case.statement(over)?;
        let found = find(tx, tenant_id, over).await?;
        let stored = found.unwrap_or_else(|| StoredOverride {
            over: over.clone(),
            recorded_at: stored.recorded_at,
            actor: String::new(),
        });
        words.push(FinanceWord { stored, is_in_force, statement });
    }
    Ok(words)
}

impl Case<'_> {
    /// Tells if a revision is in force, and its effect.
    fn statement(&self, over: &Override) -> Result<(bool, String), ReportError> {
        let latest = self.facts.overrides.get(&over.target).filter(|latest| latest.revision != over.revision);
        let cause = cause_text(&over.target.cause());
        let Some(kind) = over.modification_type else {
            return Ok((false, format!("What finance had said of {cause} was taken back.")));
        };
        if let Some(latest) = latest {
            let then = if latest.modification_type.is_some() { "replaced" } else { "taken back" };
            let statement =
                format!("{} counted as {kind}; that was {then} by revision {}.", capital(&cause), latest.revision);
            return Ok((false, statement));
        }
        let effect = self.effect(over, kind)?;
        Ok((true, format!("Finance counts {cause} as {kind}{effect}.")))
    }

    /// Describes the effect of an override in force.
    fn effect(&self, over: &Override, kind: ModificationType) -> Result<String, ReportError> {
        let Some(own) = self.own else {
            return Ok("; this movement holds no longer".to_owned());
        };
        if own.trace.over().is_some_and(|named_by| named_by.target == over.target) {
            return Ok(format!(": without it this would be {}", self.without(over, own)?));
        }
        let level = self.movement.level;
        Ok(if self.movement.category == Category::Renewal {
            "; a Renewal keeps its name all the same".to_owned()
        } else if kind != ModificationType::Ignored && !over.levels.contains(level) {
            let where_it_holds: Vec<&str> = over.levels.as_slice().iter().map(|level| level.as_str()).collect();
            format!(" at {} level only: this movement is computed", where_it_holds.join(" and "))
        } else {
            "; this movement has its name from elsewhere".to_owned()
        })
    }

    /// Describes the movement without an override.
    fn without(&self, over: &Override, own: &Traced<'_>) -> Result<String, ReportError> {
        let mut facts = self.facts.clone();
        facts.overrides.remove(&over.target);
        let (replayed, traces) = replay_traced(&facts, self.policy)?;
        let is_meant = |(it, trace): &(&Movement, &Trace)| {
            it.level == self.movement.level
                && it.effective_date == self.movement.effective_date
                && it.currency == self.movement.currency
                && it.category != Category::Renewal
                && trace.shares_a_change_with(own.trace)
        };
        let found: Vec<String> =
            replayed.movements.iter().zip(&traces).filter(is_meant).map(|(it, _)| shown(it)).collect();
        Ok(if found.is_empty() { "no movement".to_owned() } else { found.join(" and ") })
    }
}
