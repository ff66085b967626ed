//! MRR and ARR at the end of a date.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::error::ReportError;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::money::Money;
use crate::domain::movement::Level;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::journal::{SumFilter, day_sums};

/// Which MRR.
#[derive(Debug, Clone)]
pub struct MrrQuery {
    pub date: NaiveDate,
    pub level: Level,
    /// None: all, each on its own.
    pub currency: Option<Currency>,
    /// None: all together.
    pub customer: Option<CustomerId>,
}

/// MRR of one currency. ARR = 12 × MRR (R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyMrr {
    pub currency: Currency,
    pub mrr: Money,
    pub arr: Money,
}

/// MRR as reported: the sum of all entries posted up to the date (R14). Provisional movements are left out until their
/// date (R11).
pub async fn mrr(
    db: &Db,
    tenant_id: &TenantId,
    query: &MrrQuery,
    today: NaiveDate,
) -> Result<Vec<CurrencyMrr>, ReportError> {
    let mut tx = db.read().await?;
    let filter = SumFilter {
        level: query.level.as_str(),
        through: query.date,
        currency: query.currency.as_ref().map(Currency::as_str),
        customer: query.customer.as_ref(),
        today,
    };
    let mut totals: BTreeMap<String, Money> = BTreeMap::new();
    for day in day_sums(&mut tx, tenant_id, filter).await? {
        let delta = day.delta()?;
        let total = totals.entry(day.currency).or_default();
        *total = total.checked_add(delta)?;
    }
    totals
        .into_iter()
        .map(|(text, mrr)| {
            let currency =
                Currency::parse(&text).map_err(|problem| StoreError::corrupt("entry", &text, "currency", problem))?;
            Ok(CurrencyMrr { currency, mrr, arr: mrr.per_year()? })
        })
        .collect()
}
