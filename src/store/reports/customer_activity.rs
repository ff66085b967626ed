//! Activity of all customers, customer by customer: sums by month and currency, and the changes of activity (R8).

use chrono::NaiveDate;
use futures_util::TryStreamExt;

use crate::domain::ids::{Currency, TenantId};
use crate::domain::journal::customer_activity::ActivitySum;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::journal::outcome;
use crate::store::reports::sums::{SumFilter, View};
use crate::store::sql::Statement;
use crate::store::totals::movement_total::Sum;

/// Sum of entries of a customer at CUSTOMER level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerSum {
    pub customer_id: String,
    /// First date of the month; None for all months before the first one of the query.
    pub month: Option<NaiveDate>,
    pub sum: ActivitySum,
}

static ACTIVITY: Statement = Statement::new(
    "select customer_id, currency, case when posting_date >= $2 then {month_of posting_date} end as month,
        activity_change, case when activity_change is not null then effective_date end as changed_on,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = 'CUSTOMER' and posting_date <= $3
        and (provisional_until is null or provisional_until <= $4)
        and (cast($5 as timestamptz) is null or recorded_at <= $5)
    group by 1, 2, 3, 4, 5
    order by 1",
);
static ACTIVITY_RESTATED: Statement = Statement::new(
    "select customer_id, currency, case when effective_date >= $2 then {month_of effective_date} end as month,
        activity_change, case when activity_change is not null then effective_date end as changed_on,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = 'CUSTOMER' and effective_date <= $3
        and (provisional_until is null or provisional_until <= $4)
        and (cast($5 as timestamptz) is null or recorded_at <= $5)
    group by 1, 2, 3, 4, 5
    order by 1",
);

/// Passes on the sums of all customers through a date, customer by customer. Of the filter, only the view and the instant
/// apply: the activity of a customer depends on all of their movements.
pub async fn for_each_sum(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    (first, last): (NaiveDate, NaiveDate),
    mut take: impl FnMut(CustomerSum) + Send,
) -> Result<(), StoreError> {
    let statement = match filter.view {
        View::AsReported => &ACTIVITY,
        View::Restated => &ACTIVITY_RESTATED,
    };
    let statement = statement.on(tx);
    on!(tx, connection => {
        let mut rows = sqlx::query_as::<_, ActivityRow>(statement)
            .bind(tenant.as_str())
            .bind(first)
            .bind(last)
            .bind(filter.today)
            .bind(filter.known_at.map(Instant))
            .fetch(connection);
        while let Some(row) = rows.try_next().await? {
            take(row.parse()?);
        }
    });
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ActivityRow {
    customer_id: String,
    currency: String,
    month: Option<NaiveDate>,
    activity_change: Option<String>,
    changed_on: Option<NaiveDate>,
    delta_units: i64,
    delta_micros: i64,
    movements: i64,
}

impl ActivityRow {
    fn parse(self) -> Result<CustomerSum, StoreError> {
        let wrong = |column, problem: &str| StoreError::corrupt("entry", &self.customer_id, column, problem);
        let currency = Currency::parse(&self.currency).map_err(|_| wrong("currency", "is not a known one"))?;
        let change = outcome::activity_change(self.activity_change.as_deref(), &self.customer_id)?;
        let delta = Sum::of_parts(self.delta_units, self.delta_micros, self.movements).delta;
        let sum = ActivitySum { currency, change: self.changed_on.zip(change), delta, movements: self.movements };
        Ok(CustomerSum { customer_id: self.customer_id, month: self.month, sum })
    }
}
