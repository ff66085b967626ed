//! Renewed and lapsed MRR by month and currency, at CONTRACT level, where each movement has one cause (R7). As reported it
//! is read from totals, otherwise from the journal.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::ids::{Currency, TenantId};
use crate::domain::money::{Money, OutOfRange};
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::reports::sums::{SumFilter, View};
use crate::store::sql::Statement;
use crate::store::totals::movement_total::Sum;

/// MRR of terms that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Renewals {
    /// MRR that was carried over (R9).
    pub renewed: Money,
    /// MRR that was lost at a natural end (R11).
    pub lapsed: Money,
}

impl Renewals {
    /// # Errors
    /// [`OutOfRange`] when a sum does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
        let renewed = self.renewed.checked_add(other.renewed)?;
        Ok(Self { renewed, lapsed: self.lapsed.checked_add(other.lapsed)? })
    }
}

static RENEWALS: Statement = Statement::new(
    "select currency, {month_of posting_date} as month,
        cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros / 1000000 else 0 end) as bigint)
            as renewed_units,
        cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros % 1000000 else 0 end) as bigint)
            as renewed_micros,
        cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros / 1000000) else 0 end) as bigint)
            as lapsed_units,
        cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros % 1000000) else 0 end) as bigint)
            as lapsed_micros
    from entry
    where tenant_id = $1 and renewal_outcome is not null and posting_date >= $2 and posting_date <= $3
        and (provisional_until is null or provisional_until <= $4)
        and (cast($5 as timestamptz) is null or recorded_at <= $5)
        and (cast($6 as text) is null or currency = $6)
    group by 1, 2",
);
static RENEWALS_RESTATED: Statement = Statement::new(
    "select currency, {month_of effective_date} as month,
        cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros / 1000000 else 0 end) as bigint)
            as renewed_units,
        cast(sum(case renewal_outcome when 'RENEWED' then renewed_mrr_micros % 1000000 else 0 end) as bigint)
            as renewed_micros,
        cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros / 1000000) else 0 end) as bigint)
            as lapsed_units,
        cast(sum(case renewal_outcome when 'LAPSED' then -(delta_micros % 1000000) else 0 end) as bigint)
            as lapsed_micros
    from entry
    where tenant_id = $1 and renewal_outcome is not null and effective_date >= $2 and effective_date <= $3
        and (provisional_until is null or provisional_until <= $4)
        and (cast($5 as timestamptz) is null or recorded_at <= $5)
        and (cast($6 as text) is null or currency = $6)
    group by 1, 2",
);

static OF_TOTALS: Statement = Statement::new(
    "select currency, posting_month as month,
        cast(sum(renewed_units) as bigint) as renewed_units,
        cast(sum(renewed_micros) as bigint) as renewed_micros,
        cast(sum(lapsed_units) as bigint) as lapsed_units,
        cast(sum(lapsed_micros) as bigint) as lapsed_micros
    from renewal_total
    where tenant_id = $1 and posting_month >= $2 and posting_month <= $3 and counts_from <= $4
        and (cast($5 as text) is null or currency = $5)
    group by 1, 2",
);

/// Reads the renewals by currency and first date of the month. The level of the filter does not apply.
pub async fn by_month(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<BTreeMap<(Currency, NaiveDate), Renewals>, StoreError> {
    let is_of_totals = filter.is_of_totals();
    let statement = match filter.view {
        View::AsReported if is_of_totals => &OF_TOTALS,
        View::AsReported => &RENEWALS,
        View::Restated => &RENEWALS_RESTATED,
    };
    let statement = statement.on(tx);
    let currency = filter.currency.as_ref().map(Currency::as_str);
    let rows: Vec<RenewalRow> = on!(tx, connection => {
        let query = sqlx::query_as(statement).bind(tenant.as_str()).bind(first).bind(last).bind(filter.today);
        let query = if is_of_totals { query } else { query.bind(filter.known_at.map(Instant)) };
        query.bind(currency).fetch_all(connection).await?
    });
    rows.iter().map(RenewalRow::parse).collect()
}

#[derive(sqlx::FromRow)]
struct RenewalRow {
    currency: String,
    month: NaiveDate,
    renewed_units: i64,
    renewed_micros: i64,
    lapsed_units: i64,
    lapsed_micros: i64,
}

impl RenewalRow {
    fn parse(&self) -> Result<((Currency, NaiveDate), Renewals), StoreError> {
        let wrong = |column, problem| StoreError::corrupt("entry", &self.currency, column, problem);
        let currency = Currency::parse(&self.currency).map_err(|_| wrong("currency", "is not a known one"))?;
        let money = |column, units, micros| {
            Sum::of_parts(units, micros, 0).money().map_err(|_| wrong(column, "adds up to more than an amount may be"))
        };
        let renewed = money("renewed_mrr_micros", self.renewed_units, self.renewed_micros)?;
        let lapsed = money("delta_micros", self.lapsed_units, self.lapsed_micros)?;
        Ok(((currency, self.month), Renewals { renewed, lapsed }))
    }
}
