//! MRR and ARR at the end of a date.

use chrono::NaiveDate;

use super::error::ReportError;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::money::Money;
use crate::domain::movement::Level;
use crate::form::month::Month;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::sums::{SumFilter, through};

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

/// MRR as reported, of currencies in which there is any, or of the one that was asked for: the sum of all entries posted up to the date (R14). Provisional movements are left out until their
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
        currency: query.currency.as_ref().map(Currency::as_str),
        customer: query.customer.as_ref(),
        today,
    };
    let sums = through(&mut tx, tenant_id, filter, Month::of(query.date).start(), query.date).await?;
    let with_currency = sums.iter().map(|sum| {
        let text = &sum.currency;
        let currency =
            Currency::parse(text).map_err(|problem| StoreError::corrupt("month_total", text, "currency", problem))?;
        let mrr = sum.delta()?;
        Ok(CurrencyMrr { currency, mrr, arr: mrr.per_year()? })
    });
    let mut all: Vec<CurrencyMrr> = with_currency.collect::<Result<_, ReportError>>()?;
    // Whether a sum of 0 has rows says only how its entries were recorded.
    all.retain(|it| it.mrr != Money::default());
    if let (true, Some(currency)) = (all.is_empty(), query.currency) {
        all.push(CurrencyMrr { currency, mrr: Money::default(), arr: Money::default() });
    }
    Ok(all)
}
