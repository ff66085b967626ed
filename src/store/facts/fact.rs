//! Facts in every revision.

use chrono::{DateTime, Utc};

use crate::bug;
use crate::codec::dto::RawFact;
use crate::codec::{decode, encode};
use crate::domain::facts::fact::{Fact, FactKey};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Version;
use crate::store::db::{Column, Insert, Instant, Json, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::facts::customer::{parse_id, set};
use crate::store::sql::Statement;

/// Recorded fact.
#[derive(Debug, Clone)]
pub struct StoredFact {
    pub fact: Fact,
    /// Version of the customer that recorded it.
    pub version: Version,
    pub recorded_at: DateTime<Utc>,
}

/// Fact to record.
#[derive(Debug, Clone, Copy)]
pub struct NewFact<'f> {
    pub fact: &'f Fact,
    pub version: Version,
}

/// By the key, one by one on PostgreSQL: see [`crate::store::facts::customer`].
static OF_CUSTOMERS: Statement = Statement::each(
    "select customer_id, kind, fact_id, revision, body, version, recorded_at from fact
    where tenant_id = $1 and customer_id in (select value from json_each($2))
    order by customer_id, kind, fact_id, revision",
    "select it.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select customer_id, kind, fact_id, revision, body, version, recorded_at from fact
        where tenant_id = $1 and customer_id = wanted.id
        order by kind, fact_id, revision
        offset 0) as it",
);

#[derive(sqlx::FromRow)]
pub(in crate::store) struct FactRow {
    customer_id: String,
    kind: String,
    fact_id: String,
    revision: i64,
    body: Json,
    version: i64,
    recorded_at: Instant,
}

/// Lists all facts of some customers, by customer, kind, id and revision.
pub async fn of_customers(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<StoredFact>, StoreError> {
    let statement = OF_CUSTOMERS.on(tx);
    let rows: Vec<FactRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    rows.iter().map(FactRow::parse).collect()
}

impl FactRow {
    pub fn parse(&self) -> Result<StoredFact, StoreError> {
        let corrupt = |column, problem: String| {
            let key = format!("{} {} {} {}", self.customer_id, self.kind, self.fact_id, self.revision);
            StoreError::corrupt("fact", key, column, problem)
        };
        let customer_id = parse_id(&self.customer_id)?;
        let raw: RawFact = serde_json::from_str(self.body.get()).map_err(|error| corrupt("body", error.to_string()))?;
        let fact = decode::fact(&raw, "").map_err(|violations| {
            corrupt("body", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let key = fact.key();
        if (fact.customer_id(), key.kind().as_str(), key.id()) != (&customer_id, &self.kind, self.fact_id.clone())
            || i64::try_from(fact.revision()).ok() != Some(self.revision)
        {
            return Err(corrupt("body", "is another fact than its key says".to_owned()));
        }
        Ok(StoredFact { fact, version: self.version, recorded_at: self.recorded_at.0 })
    }
}

pub(in crate::store) static APPEND: Insert = Insert::new(
    "fact",
    &[
        ("tenant_id", SqlType::Text),
        ("customer_id", SqlType::Text),
        ("kind", SqlType::Text),
        ("fact_id", SqlType::Text),
        ("revision", SqlType::Integer),
        ("body", SqlType::Json),
        ("version", SqlType::Integer),
        ("recorded_at", SqlType::Instant),
    ],
    "",
);

/// Inserts facts. An existing fact in the same revision is an error of the caller.
pub async fn append(
    tx: &mut Tx,
    tenant: &TenantId,
    facts: &[NewFact<'_>],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let count = facts.len();
    let keys: Vec<FactKey> = facts.iter().map(|new| new.fact.key()).collect();
    let revision = |new: &NewFact<'_>| {
        i64::try_from(new.fact.revision()).map_err(|_| bug!("{} has revision {}", new.fact.key(), new.fact.revision()))
    };
    let columns = vec![
        Column::Text(vec![tenant.as_str(); count]),
        Column::Text(facts.iter().map(|new| new.fact.customer_id().as_str()).collect()),
        Column::Text(keys.iter().map(|key| key.kind().as_str()).collect()),
        Column::Owned(keys.iter().map(FactKey::id).collect()),
        Column::Integer(facts.iter().map(revision).collect::<Result<_, _>>()?),
        Column::Owned(facts.iter().map(|new| encode::json(new.fact)).collect()),
        Column::Integer(facts.iter().map(|new| new.version).collect()),
        Column::Instant(vec![now; count]),
    ];
    APPEND.run(tx, count, columns).await?;
    Ok(())
}
