//! Which exchange rates there are.

use crate::domain::ids::{RateSet, TenantId};
use crate::domain::rate::ExchangeRate;
use crate::reports::error::ReportError;
use crate::store::db::Db;
use crate::store::tenants::rate::{self, RateFilter, RateKey, SetState, key};

/// Rates or sets in a page, unless asked otherwise.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// The most rates or sets in a page.
pub const MAX_PAGE_SIZE: i64 = 1_000;

/// Some rates or sets, and the last of them if there are more behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, P> {
    pub items: Vec<T>,
    pub next: Option<P>,
}

impl<T, P> Page<T, P> {
    /// Of one more than the page holds, which tells whether there is another page.
    fn of(mut items: Vec<T>, size: i64, place: impl Fn(&T) -> Option<P>) -> Self {
        let fits = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = items.len() > fits;
        items.truncate(fits);
        let next = items.last().filter(|_| has_more).and_then(place);
        Self { items, next }
    }
}

/// The page of at most `size` sets behind one (None: the first page), by name.
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

/// The page of at most `size` rates behind one (None: the first page), by currencies and date.
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
