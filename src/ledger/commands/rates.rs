//! Exchange rates are added to their set: all of an import, or nothing. A rate that is there is never changed, so that a
//! report says tomorrow what it said today; a correction is another set.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::domain::actor::Actor;
use crate::domain::ids::{RateSet, TenantId};
use crate::domain::journal::audit::{Action, NewAudit};
use crate::domain::policy::Policy;
use crate::domain::rate::{ExchangeRate, Rate};
use crate::store::audit;
use crate::store::audit::entry::hex;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenants::rate::{self, key};
use crate::store::tenants::tenant;

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub added: usize,
    /// They were there, the same.
    pub unchanged: usize,
}

/// A rate for whose currencies and date the set has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// Its place in the import.
    pub index: usize,
    pub there: Rate,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not empty.
    #[error("the set has other rates")]
    Conflicts(Vec<Conflict>),
    #[error("somebody else adds to the set at the same time")]
    Raced,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds rates to a set. One that is said twice, the same, is said once.
pub async fn import(
    db: &Db,
    tenant_id: &TenantId,
    rate_set: &RateSet,
    rates: &[ExchangeRate],
    author: &Actor,
    now: DateTime<Utc>,
) -> Result<Imported, ImportError> {
    let dates = || rates.iter().map(|it| it.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else {
        return Ok(Imported { added: 0, unchanged: 0 });
    };
    let mut tx = db.write().await?;
    let there = rate::between(&mut tx, tenant_id, rate_set, (first, last)).await?;
    let other = |(index, it): (usize, &ExchangeRate)| {
        let there = *there.get(&key(it)).filter(|there| **there != it.rate)?;
        Some(Conflict { index, there })
    };
    let conflicts: Vec<Conflict> = rates.iter().enumerate().filter_map(other).collect();
    if !conflicts.is_empty() {
        return Err(ImportError::Conflicts(conflicts));
    }
    let mut new: Vec<ExchangeRate> = rates.iter().filter(|it| !there.contains_key(&key(it))).copied().collect();
    // In the order of their keys: two imports cannot wait for each other in a circle.
    new.sort_by_key(key);
    new.dedup();
    let imported = Imported { added: new.len(), unchanged: rates.len().saturating_sub(new.len()) };
    if new.is_empty() {
        return Ok(imported);
    }
    if *tenant_id == TenantId::only() {
        // It may be the first thing that is done with a store.
        tenant::ensure(&mut tx, tenant_id, Policy::default(), now).await?;
    }
    let added = rate::add(&mut tx, tenant_id, rate_set, &new, now).await?;
    if usize::try_from(added) != Ok(new.len()) {
        return Err(ImportError::Raced);
    }
    audit::append(&mut tx, tenant_id, &[audited(rate_set, &new, author)], now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// How many, of which dates, and their digest: SHA-256 of a line `date,from,to,rate` for each, by currencies and date.
fn audited(rate_set: &RateSet, new: &[ExchangeRate], author: &Actor) -> NewAudit {
    let mut hash = Sha256::new();
    for ExchangeRate { from, to, date, rate } in new {
        hash.update(format!("{date},{from},{to},{rate}\n"));
    }
    let date = |date: Option<_>| date.map(|it: chrono::NaiveDate| it.to_string()).unwrap_or_default();
    let (first, last) = (date(new.iter().map(|it| it.date).min()), date(new.iter().map(|it| it.date).max()));
    NewAudit {
        author: author.clone(),
        action: Action::RatesImported,
        customer_id: None,
        subject: format!("rate set {rate_set}"),
        before: String::new(),
        after: format!("{} rates from {first} to {last}, digest {}", new.len(), hex(&hash.finalize())),
        reason: String::new(),
    }
}
