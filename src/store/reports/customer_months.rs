//! Sums of the entries of each customer, by month.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::reports::sums::{SumFilter, View};
use crate::store::sql::Statement;
use crate::store::totals::movement_total::Sum;

/// Key of a sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CustomerMonth {
    pub customer_id: CustomerId,
    pub currency: Currency,
    /// First date of the month; None for all months before the first one of the query.
    pub month: Option<NaiveDate>,
}

static AS_REPORTED: Statement = Statement::new(
    "select customer_id, currency, case when posting_date >= $3 then {month_of posting_date} end as month,
        cast(sum(delta_micros / 1000000) as bigint) as delta_units,
        cast(sum(delta_micros % 1000000) as bigint) as delta_micros
    from entry
    where tenant_id = $1 and level = $2 and posting_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id >= $7 and customer_id <= $8
        and (cast($9 as timestamptz) is null or recorded_at <= $9)
    group by 1, 2, 3",
);
static RESTATED: Statement = Statement::new(
    "select customer_id, currency, case when effective_date >= $3 then {month_of effective_date} end as month,
        cast(sum(delta_micros / 1000000) as bigint) as delta_units,
        cast(sum(delta_micros % 1000000) as bigint) as delta_micros
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id >= $7 and customer_id <= $8
        and (cast($9 as timestamptz) is null or recorded_at <= $9)
    group by 1, 2, 3",
);

/// Reads the sums of the customers from one id to another, through the date `last`. All months before `first` are one sum.
pub async fn of_customers(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    (from, to): (&CustomerId, &CustomerId),
    (first, last): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<CustomerMonth, Sum>, StoreError> {
    let statement = match filter.view {
        View::AsReported => &AS_REPORTED,
        View::Restated => &RESTATED,
    };
    let statement = statement.on(tx);
    let rows: Vec<MonthRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.level.as_str())
            .bind(first)
            .bind(last)
            .bind(filter.currency.as_ref().map(Currency::as_str))
            .bind(filter.today)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(filter.known_at.map(Instant))
            .fetch_all(connection)
            .await?
    });
    rows.iter().map(MonthRow::parse).collect()
}

#[derive(sqlx::FromRow)]
struct MonthRow {
    customer_id: String,
    currency: String,
    month: Option<NaiveDate>,
    delta_units: i64,
    delta_micros: i64,
}

impl MonthRow {
    fn parse(&self) -> Result<(CustomerMonth, Sum), StoreError> {
        let wrong = |column, text: &str| StoreError::corrupt("entry", text, column, "is not a known one");
        let key = CustomerMonth {
            customer_id: CustomerId::parse(&self.customer_id).map_err(|_| wrong("customer_id", &self.customer_id))?,
            currency: Currency::parse(&self.currency).map_err(|_| wrong("currency", &self.currency))?,
            month: self.month,
        };
        Ok((key, Sum::of_parts(self.delta_units, self.delta_micros, 0)))
    }
}
