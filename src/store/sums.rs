//! Reading what the journal comes to: from the totals, or for one customer from the customer's entries.

use chrono::NaiveDate;

use super::db::{Statement, Tx, on};
use super::error::StoreError;
use super::total::Sum;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::money::{Money, OutOfRange};

/// What the entries of one month, currency and subcategory come to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MonthSum {
    pub currency: String,
    /// The first date of the month; None for all months before the first that was asked for.
    pub posting_month: Option<NaiveDate>,
    pub subcategory: String,
    delta_units: i64,
    delta_micros: i64,
    /// A reversal counts as one less.
    pub movements: i64,
}

impl MonthSum {
    pub fn delta(&self) -> Result<Money, OutOfRange> {
        money(self.delta_units, self.delta_micros, self.movements)
    }
}

fn money(units: i64, rest: i64, movements: i64) -> Result<Money, OutOfRange> {
    i64::try_from(Sum::of_parts(units, rest, movements).delta).map(Money::from_micros).map_err(|_| OutOfRange)
}

/// Which entries to add up.
#[derive(Debug, Clone, Copy)]
pub struct SumFilter<'f> {
    pub level: &'static str,
    pub currency: Option<&'f str>,
    pub customer: Option<&'f CustomerId>,
    /// Provisional entries are left out until their date (R11).
    pub today: NaiveDate,
}

pub(super) const BY_MONTH: Statement = Statement::both(
    "select currency, case when posting_month >= $3 then posting_month end as posting_month, subcategory,
        cast(sum(delta_units) as bigint) as delta_units,
        cast(sum(delta_micros) as bigint) as delta_micros,
        cast(sum(movements) as bigint) as movements
    from month_total
    where tenant_id = $1 and level = $2 and posting_month <= $4
        and (cast($5 as text) is null or currency = $5)
        and counts_from <= $6
    group by 1, 2, 3
    order by 1, 2, 3",
);

macro_rules! month_of_customer {
    ($month:literal) => {
        concat!(
            "select currency, ",
            $month,
            " as posting_month, subcategory,
                cast(sum(delta_micros / 1000000) as bigint) as delta_units,
                cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
                cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
            from entry
            where tenant_id = $1 and level = $2 and posting_date <= $4
                and (cast($5 as text) is null or currency = $5)
                and (provisional_until is null or provisional_until <= $6)
                and customer_id = $7
            group by 1, 2, 3
            order by 1, 2, 3"
        )
    };
}

pub(super) const BY_MONTH_OF_CUSTOMER: Statement = Statement {
    sqlite: month_of_customer!("case when posting_date >= $3 then substr(posting_date, 1, 7) || '-01' end"),
    postgres: month_of_customer!("case when posting_date >= $3 then date_trunc('month', posting_date)::date end"),
};

/// The sums by month, in which all months before `first` are one; through the date `last`, the end of a month.
pub async fn by_month(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: SumFilter<'_>,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<MonthSum>, StoreError> {
    let statement = if filter.customer.is_some() { BY_MONTH_OF_CUSTOMER } else { BY_MONTH }.on(tx);
    Ok(on!(tx, connection => {
        let mut query = sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.level)
            .bind(first)
            .bind(last)
            .bind(filter.currency)
            .bind(filter.today);
        if let Some(customer) = filter.customer {
            query = query.bind(customer.as_str());
        }
        query.fetch_all(connection).await?
    }))
}

/// What the entries of one currency come to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CurrencySum {
    pub currency: String,
    delta_units: i64,
    delta_micros: i64,
}

impl CurrencySum {
    pub fn delta(&self) -> Result<Money, OutOfRange> {
        money(self.delta_units, self.delta_micros, 0)
    }
}

/// Whole months, and the days of the last one.
pub(super) const THROUGH: Statement = Statement::both(
    "select currency,
        cast(sum(delta_units) as bigint) as delta_units,
        cast(sum(delta_micros) as bigint) as delta_micros
    from (
        select currency, delta_units, delta_micros from month_total
        where tenant_id = $1 and level = $2 and posting_month < $3
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
        union all
        select currency, delta_units, delta_micros from day_total
        where tenant_id = $1 and level = $2 and posting_date >= $3 and posting_date <= $4
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
    ) as part
    group by currency
    order by currency",
);

/// The month ($3) says nothing here.
pub(super) const THROUGH_OF_CUSTOMER: Statement = Statement::both(
    "select currency,
        cast(sum(delta_micros / 1000000) as bigint) as delta_units,
        cast(sum(delta_micros % 1000000) as bigint) as delta_micros
    from entry
    where tenant_id = $1 and level = $2 and (cast($3 as date) is not null and posting_date <= $4)
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id = $7
    group by currency
    order by currency",
);

/// The sums of everything posted through a date, which is in the month that begins on `month`.
pub async fn through(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: SumFilter<'_>,
    month: NaiveDate,
    date: NaiveDate,
) -> Result<Vec<CurrencySum>, StoreError> {
    let statement = if filter.customer.is_some() { THROUGH_OF_CUSTOMER } else { THROUGH }.on(tx);
    Ok(on!(tx, connection => {
        let mut query = sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.level)
            .bind(month)
            .bind(date)
            .bind(filter.currency)
            .bind(filter.today);
        if let Some(customer) = filter.customer {
            query = query.bind(customer.as_str());
        }
        query.fetch_all(connection).await?
    }))
}
