//! Imports exchange rates into a set: all of an import, or nothing. A stored rate never changes, so that a report gives the
//! same result tomorrow; a correction is another set.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::bug;
use crate::domain::actor::Actor;
use crate::domain::ids::{RateSet, TenantId};
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::domain::policy::Policy;
use crate::domain::rate::{ExchangeRate, Rate};
use crate::store::audit;
use crate::store::audit::entry::hex;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenants::rate::{self, key};
use crate::store::tenants::tenant;

/// Result of an import of rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateImport {
    pub added: usize,
    /// Number of rates that were already in the set.
    pub unchanged: usize,
}

/// A rate for a date and pair of currencies for which the set already has another rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateConflict {
    /// Index of the rate in the import.
    pub index: usize,
    pub new: ExchangeRate,
    pub stored: Rate,
}

/// Failure of an import of rates; nothing is stored.
#[derive(Debug, thiserror::Error)]
pub enum RateImportError {
    /// Not empty.
    #[error("the set {rate_set} has other rates")]
    Conflicts { rate_set: RateSet, conflicts: Vec<RateConflict> },
    #[error("rates are being added to the set at the same time")]
    Raced,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds rates to a set. A rate that occurs twice is added once.
pub async fn import_rates(
    db: &Db,
    tenant_id: &TenantId,
    rate_set: &RateSet,
    rates: &[ExchangeRate],
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<RateImport, RateImportError> {
    let dates = || rates.iter().map(|it| it.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else {
        return Ok(RateImport { added: 0, unchanged: 0 });
    };
    let mut tx = db.write().await?;
    let stored = rate::between(&mut tx, tenant_id, rate_set, (first, last)).await?;
    let conflict = |(index, it): (usize, &ExchangeRate)| {
        let stored = *stored.get(&key(it)).filter(|stored| **stored != it.rate)?;
        Some(RateConflict { index, new: *it, stored })
    };
    let conflicts: Vec<RateConflict> = rates.iter().enumerate().filter_map(conflict).collect();
    if !conflicts.is_empty() {
        return Err(RateImportError::Conflicts { rate_set: rate_set.clone(), conflicts });
    }
    let mut new: Vec<ExchangeRate> = rates.iter().filter(|it| !stored.contains_key(&key(it))).copied().collect();
    // In the order of their keys, so that two imports cannot deadlock.
    new.sort_by_key(key);
    new.dedup();
    let imported = RateImport { added: new.len(), unchanged: rates.len() - new.len() };
    if new.is_empty() {
        return Ok(imported);
    }
    if *tenant_id == TenantId::only() {
        // This can be the first command on a store.
        tenant::ensure(&mut tx, tenant_id, Policy::default(), now).await?;
    }
    let added = rate::add(&mut tx, tenant_id, rate_set, &new, now).await?;
    if usize::try_from(added) != Ok(new.len()) {
        return Err(RateImportError::Raced);
    }
    audit::append(&mut tx, tenant_id, &[audit_record(rate_set, &new, actor)?], now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Audit record with the number of rates, their dates, and their digest: SHA-256 of a line `date,from,to,rate` for each, by
/// currencies and date.
fn audit_record(rate_set: &RateSet, new: &[ExchangeRate], actor: &Actor) -> Result<AuditRecord, StoreError> {
    let dates = || new.iter().map(|it| it.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else {
        return Err(bug!("an import of no new rates into {rate_set}").into());
    };
    let mut hash = Sha256::new();
    for ExchangeRate { from, to, date, rate } in new {
        hash.update(format!("{date},{from},{to},{rate}\n"));
    }
    let after = format!("{} rates from {first} to {last}, digest {}", new.len(), hex(&hash.finalize()));
    Ok(AuditRecord::new(Action::RatesImported, AuditSubject::RateSet(rate_set), actor).after(after))
}
