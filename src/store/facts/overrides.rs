//! Overrides across customers and revisions, each with its actor.

use chrono::{DateTime, Utc};

use crate::domain::facts::fact::{Fact, OVERRIDE_OF, Override, Revision};
use crate::domain::ids::{CustomerId, TenantId};
use crate::store::db::{Tx, on};
use crate::store::error::StoreError;
use crate::store::facts::customer::{parse_id, set};
use crate::store::facts::fact::FactRow;
use crate::store::sql::Statement;

/// Revision of an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOverride {
    pub over: Override,
    pub recorded_at: DateTime<Utc>,
    /// Actor by the audit trail; empty before its beginning.
    pub actor: String,
}

/// Selection of overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideQuery {
    /// None: all.
    pub customer_id: Option<CustomerId>,
    /// Includes superseded revisions.
    pub with_history: bool,
}

/// Position of an override in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverridePlace {
    pub customer_id: String,
    /// Id of the fact: its cause.
    pub fact_id: String,
    pub revision: i64,
}

impl OverridePlace {
    /// Position before every override.
    fn first() -> Self {
        Self { customer_id: String::new(), fact_id: String::new(), revision: -1 }
    }

    #[must_use]
    pub fn of(over: &Override) -> Self {
        Self {
            customer_id: over.customer_id.to_string(),
            fact_id: Fact::Override(over.clone()).key().id(),
            revision: number(over.revision),
        }
    }
}

fn number(revision: Revision) -> i64 {
    // Revisions are decoded from an i64: none is larger.
    i64::try_from(revision).unwrap_or(i64::MAX)
}

/// Latest revision, unless it clears the override.
static CURRENT: Statement = Statement::new(
    "select {override_columns} from fact
    where tenant_id = $1 and kind = 'OVERRIDE' and cast($2 as text) is null
        and (customer_id, fact_id, revision) > ($3, $4, $5)
        and body -> 'override' ->> 'modification_type' is not null
        and not exists (
            select 1 from fact as later
            where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                and later.kind = 'OVERRIDE' and later.fact_id = fact.fact_id
                and later.revision > fact.revision)
    order by customer_id, fact_id, revision limit $6",
);
static CURRENT_OF_CUSTOMER: Statement = Statement::new(
    "select {override_columns} from fact
    where tenant_id = $1 and kind = 'OVERRIDE' and customer_id = $2
        and (customer_id, fact_id, revision) > ($3, $4, $5)
        and body -> 'override' ->> 'modification_type' is not null
        and not exists (
            select 1 from fact as later
            where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                and later.kind = 'OVERRIDE' and later.fact_id = fact.fact_id
                and later.revision > fact.revision)
    order by customer_id, fact_id, revision limit $6",
);
static ALL: Statement = Statement::new(
    "select {override_columns} from fact
    where tenant_id = $1 and kind = 'OVERRIDE' and cast($2 as text) is null
        and (customer_id, fact_id, revision) > ($3, $4, $5)
    order by customer_id, fact_id, revision limit $6",
);
static ALL_OF_CUSTOMER: Statement = Statement::new(
    "select {override_columns} from fact
    where tenant_id = $1 and kind = 'OVERRIDE' and customer_id = $2
        and (customer_id, fact_id, revision) > ($3, $4, $5)
    order by customer_id, fact_id, revision limit $6",
);

#[derive(sqlx::FromRow)]
struct OverrideRow {
    #[sqlx(flatten)]
    fact: FactRow,
    actor: String,
}

/// Lists the next overrides after a position (None: from the first), by customer, cause and revision.
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    query: &OverrideQuery,
    after: Option<&OverridePlace>,
    limit: i64,
) -> Result<Vec<StoredOverride>, StoreError> {
    let statement = match (query.with_history, &query.customer_id) {
        (false, None) => &CURRENT,
        (false, Some(_)) => &CURRENT_OF_CUSTOMER,
        (true, None) => &ALL,
        (true, Some(_)) => &ALL_OF_CUSTOMER,
    };
    let statement = statement.on(tx);
    let after = after.cloned().unwrap_or_else(OverridePlace::first);
    let rows: Vec<OverrideRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(query.customer_id.as_ref().map(CustomerId::as_str))
            .bind(after.customer_id)
            .bind(after.fact_id)
            .bind(after.revision)
            .bind(limit)
            .bind(OVERRIDE_OF)
            .fetch_all(connection)
            .await?
    });
    rows.iter().map(OverrideRow::parse).collect()
}

static CUSTOMERS: Statement = Statement::each(
    "select distinct customer_id from fact
    where tenant_id = $1 and kind = 'OVERRIDE' and customer_id in (select value from json_each($2))
    order by customer_id",
    "select wanted.id from unnest($2::text[]) as wanted (id)
    where exists (
        select from fact where tenant_id = $1 and kind = 'OVERRIDE' and customer_id = wanted.id)
    order by wanted.id",
);

/// Finds those of some customers that ever had an override.
pub async fn customers(tx: &mut Tx, tenant: &TenantId, among: &[&CustomerId]) -> Result<Vec<CustomerId>, StoreError> {
    let statement = CUSTOMERS.on(tx);
    let found: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(set(among)).fetch_all(connection).await?
    });
    found.iter().map(|id| parse_id(id)).collect()
}

/// Revision of an override, as recorded.
pub async fn find(tx: &mut Tx, tenant: &TenantId, over: &Override) -> Result<Option<StoredOverride>, StoreError> {
    let query = OverrideQuery { customer_id: Some(over.customer_id.clone()), with_history: true };
    let place = OverridePlace::of(over);
    // A revision is at least 0: saturation never occurs.
    let before = OverridePlace { revision: place.revision.saturating_sub(1), ..place };
    let next = page(tx, tenant, &query, Some(&before), 1).await?.into_iter().next();
    Ok(next.filter(|found| found.over.target == over.target && found.over.revision == over.revision))
}

impl OverrideRow {
    fn parse(&self) -> Result<StoredOverride, StoreError> {
        let stored = self.fact.parse()?;
        match stored.fact {
            Fact::Override(over) => {
                Ok(StoredOverride { over, recorded_at: stored.recorded_at, actor: self.actor.clone() })
            }
            other => Err(StoreError::corrupt("fact", other.key(), "kind", "is not OVERRIDE")),
        }
    }
}
