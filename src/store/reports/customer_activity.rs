//! What customers come to, one after the other, whole books of them: by month and currency, and when they came and left.

use chrono::NaiveDate;
use futures_util::TryStreamExt;

use crate::domain::ids::{Currency, TenantId};
use crate::domain::journal::customer_activity::ActivitySum;
use crate::domain::journal::movement::Category;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::reports::sums::{SumFilter, View};
use crate::store::sql::Statement;
use crate::store::totals::movement_total::Sum;

/// What entries of a customer at CUSTOMER level have in common, and come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerSum {
    pub customer_id: String,
    /// The first date of the month; None for all months before the first that was asked for.
    pub month: Option<NaiveDate>,
    pub sum: ActivitySum,
}

static PARTS: Statement = Statement::new(
    "select customer_id, currency, case when posting_date >= $2 then {month_of posting_date} end as month,
        case when category in ('NEW', 'CHURN') then category end as turn,
        case when category in ('NEW', 'CHURN') then effective_date end as turned_on,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = 'CUSTOMER' and posting_date <= $3
        and (provisional_until is null or provisional_until <= $4)
        and (cast($5 as timestamptz) is null or recorded_at <= $5)
    group by 1, 2, 3, 4, 5
    order by 1",
);
static PARTS_RESTATED: Statement = Statement::new(
    "select customer_id, currency, case when effective_date >= $2 then {month_of effective_date} end as month,
        case when category in ('NEW', 'CHURN') then category end as turn,
        case when category in ('NEW', 'CHURN') then effective_date end as turned_on,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = 'CUSTOMER' and effective_date <= $3
        and (provisional_until is null or provisional_until <= $4)
        and (cast($5 as timestamptz) is null or recorded_at <= $5)
    group by 1, 2, 3, 4, 5
    order by 1",
);

/// Shows the parts of all customers through a date, customer by customer. Of the filter only what says how the journal is
/// seen is heeded: a customer is what all of their movements make of them.
pub async fn each_part(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    (first, last): (NaiveDate, NaiveDate),
    mut show: impl FnMut(CustomerSum) + Send,
) -> Result<(), StoreError> {
    let statement = match filter.view {
        View::AsReported => &PARTS,
        View::Restated => &PARTS_RESTATED,
    };
    let statement = statement.on(tx);
    on!(tx, connection => {
        let mut rows = sqlx::query_as::<_, Row>(statement)
            .bind(tenant.as_str())
            .bind(first)
            .bind(last)
            .bind(filter.today)
            .bind(filter.known_at.map(Instant))
            .fetch(connection);
        while let Some(row) = rows.try_next().await? {
            show(row.parse()?);
        }
    });
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: String,
    currency: String,
    month: Option<NaiveDate>,
    turn: Option<String>,
    turned_on: Option<NaiveDate>,
    delta_units: i64,
    delta_micros: i64,
    movements: i64,
}

impl Row {
    fn parse(self) -> Result<CustomerSum, StoreError> {
        let wrong = |column, problem: &str| StoreError::corrupt("entry", &self.customer_id, column, problem);
        let currency = Currency::parse(&self.currency).map_err(|_| wrong("currency", "is not a known one"))?;
        let change = match self.turn.as_deref() {
            Some(category) => {
                Category::parse(category).ok_or_else(|| wrong("category", "is not a known one"))?.activity_change()
            }
            None => None,
        };
        let delta = Sum::of_parts(self.delta_units, self.delta_micros, self.movements).delta;
        let sum = ActivitySum { currency, change: self.turned_on.zip(change), delta, movements: self.movements };
        Ok(CustomerSum { customer_id: self.customer_id, month: self.month, sum })
    }
}
