//! Outcomes of entries: the columns of `entry` that hold what the rules decide of a movement, so that statements add up and
//! decide nothing.

use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{ActivityChange, RenewalOutcome};
use crate::store::db::{Column, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::facts::customer::{parse_id, set};
use crate::store::sql::Statement;

/// Outcomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    /// R8, at both levels.
    pub activity_change: Option<ActivityChange>,
    /// R9, R11, at CONTRACT level.
    pub renewal_outcome: Option<RenewalOutcome>,
}

impl Outcomes {
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let movement = &entry.movement;
        Self { activity_change: movement.activity_change(), renewal_outcome: movement.renewal_outcome() }
    }
}

/// The columns, in the order of [`values`].
pub(super) const COLUMNS: [(&str, SqlType); 2] =
    [("activity_change", SqlType::Text), ("renewal_outcome", SqlType::Text)];

/// The values of the columns.
pub(super) fn values(entries: &[Entry]) -> [Column<'_>; 2] {
    let outcomes = || entries.iter().map(Outcomes::of);
    [
        Column::OptionalText(outcomes().map(|it| it.activity_change.map(ActivityChange::as_str)).collect()),
        Column::OptionalText(outcomes().map(|it| it.renewal_outcome.map(RenewalOutcome::as_str)).collect()),
    ]
}

/// Parses the column `activity_change` of the entries with this key.
pub(in crate::store) fn activity_change(text: Option<&str>, key: &str) -> Result<Option<ActivityChange>, StoreError> {
    let unknown = |text| StoreError::corrupt("entry", key, "activity_change", format!("is {text:?}"));
    text.map(|text| ActivityChange::parse(text).ok_or_else(|| unknown(text))).transpose()
}

fn renewal_outcome(text: Option<&str>, key: &str) -> Result<Option<RenewalOutcome>, StoreError> {
    let unknown = |text| StoreError::corrupt("entry", key, "renewal_outcome", format!("is {text:?}"));
    text.map(|text| RenewalOutcome::parse(text).ok_or_else(|| unknown(text))).transpose()
}

/// By the key, one by one on PostgreSQL: see [`crate::store::facts::customer`].
static OF_CUSTOMERS: Statement = Statement::each(
    "select customer_id, sequence, activity_change, renewal_outcome from entry
    where tenant_id = $1 and customer_id in (select value from json_each($2))",
    "select it.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select customer_id, sequence, activity_change, renewal_outcome from entry
        where tenant_id = $1 and customer_id = wanted.id
        offset 0) as it",
);

#[derive(sqlx::FromRow)]
struct OutcomeRow {
    customer_id: String,
    sequence: Sequence,
    activity_change: Option<String>,
    renewal_outcome: Option<String>,
}

impl OutcomeRow {
    fn parse(&self) -> Result<(CustomerId, Sequence, Outcomes), StoreError> {
        let key = format!("{} {}", self.customer_id, self.sequence);
        let outcomes = Outcomes {
            activity_change: activity_change(self.activity_change.as_deref(), &key)?,
            renewal_outcome: renewal_outcome(self.renewal_outcome.as_deref(), &key)?,
        };
        Ok((parse_id(&self.customer_id)?, self.sequence, outcomes))
    }
}

/// The stored outcomes of every entry of some customers.
pub async fn of_customers(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<(CustomerId, Sequence, Outcomes)>, StoreError> {
    let statement = OF_CUSTOMERS.on(tx);
    let rows: Vec<OutcomeRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    rows.iter().map(OutcomeRow::parse).collect()
}
