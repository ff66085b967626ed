//! Pages of exchange rates and rate sets.

use crate::domain::ids::{RateSet, TenantId};
use crate::domain::rate::ExchangeRate;
use crate::reports::error::ReportError;
use crate::store::db::Db;
use crate::store::tenants::rate::{self, RateFilter, RateKey, SetState, key};

/// Default number of rates or sets in a page.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// Maximum number of rates or sets in a page.
pub const MAX_PAGE_SIZE: i64 = 1_000;

/// Page of rates or sets, with its last one if another page follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, P> {
    pub items: Vec<T>,
    pub next: Option<P>,
}

impl<T, P> Page<T, P> {
    /// Cuts a page from one more row than it holds, whose presence tells that another page follows.
    fn of(mut items: Vec<T>, size: i64, place: impl Fn(&T) -> Option<P>) -> Self {
        let fits = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = items.len() > fits;
        items.truncate(fits);
        let next = items.last().filter(|_| has_more).and_then(place);
        Self { items, next }
    }
}

/// Lists at most `size` sets after one (None: from the beginning), by name.
pub async fn rate_sets(
    db: &Db,
    tenant_id: &TenantId,
    after: Option<&RateSet>,
    size: i64,
) -> Result<Page<SetState, RateSet>, ReportError> {
    let mut tx = db.read().await?;
    let sets = rate::sets(&mut tx, tenant_id, after, size.saturating_add(1)).await?;
    Ok(Page::of(sets, size, |it| RateSet::parse(&it.rate_set).ok()))
}

/// Lists at most `size` rates after one (None: from the beginning), by currencies and date.
pub async fn exchange_rates(
    db: &Db,
    tenant_id: &TenantId,
    filter: &RateFilter,
    after: Option<RateKey>,
    size: i64,
) -> Result<Page<ExchangeRate, RateKey>, ReportError> {
    let mut tx = db.read().await?;
    let rates = rate::page(&mut tx, tenant_id, filter, after, size.saturating_add(1)).await?;
    Ok(Page::of(rates, size, |it| Some(key(it))))
}
