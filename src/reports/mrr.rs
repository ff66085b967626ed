//! MRR and ARR at the end of a date.

use chrono::{DateTime, NaiveDate, Utc};

use super::error::ReportError;
use super::scope::Scope;
use crate::domain::ids::{Currency, TenantId};
use crate::domain::money::Money;
use crate::store::db::Db;
use crate::store::sums::through;

/// MRR at a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mrr {
    pub date: NaiveDate,
    /// Of currencies in which there is any, or of the one that was asked for.
    pub totals: Vec<CurrencyMrr>,
}

/// MRR of one currency. ARR = 12 × MRR (R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyMrr {
    pub currency: Currency,
    pub mrr: Money,
    pub arr: Money,
}

/// MRR at the end of a date (None: of the day at which the journal is seen): the sum of all entries up to it (R14).
pub async fn mrr(
    db: &Db,
    tenant_id: &TenantId,
    scope: &Scope,
    date: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<Mrr, ReportError> {
    let mut tx = db.read().await?;
    let today = scope.today(&mut tx, tenant_id, now).await?;
    let date = date.unwrap_or(today);
    let sums = through(&mut tx, tenant_id, &scope.filter(today), date).await?;
    let with_currency = sums.into_iter().map(|(currency, sum)| {
        let mrr = sum.money()?;
        Ok(CurrencyMrr { currency, mrr, arr: mrr.per_year()? })
    });
    let mut totals: Vec<CurrencyMrr> = with_currency.collect::<Result<_, ReportError>>()?;
    // Whether a sum of 0 has rows says only how its entries were recorded.
    totals.retain(|it| it.mrr != Money::default());
    if let (true, Some(currency)) = (totals.is_empty(), scope.currency) {
        totals.push(CurrencyMrr { currency, mrr: Money::default(), arr: Money::default() });
    }
    Ok(Mrr { date, totals })
}
