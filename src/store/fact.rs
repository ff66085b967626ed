//! Facts as they were said, every revision.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::customer::{Version, id_list, parse_id};
use super::db::{Tx, from_micros, on, to_micros};
use super::error::StoreError;
use crate::domain::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::form::raw::RawFact;
use crate::form::{decode, encode};

/// A fact that was recorded.
#[derive(Debug, Clone)]
pub struct StoredFact {
    pub fact: Fact,
    /// The recording that brought it.
    pub version: Version,
    pub recorded_at: DateTime<Utc>,
}

/// A fact to record.
#[derive(Debug, Clone, Copy)]
pub struct NewFact<'f> {
    pub fact: &'f Fact,
    pub version: Version,
}

const OF_CUSTOMERS: &str = "
    select customer_id, kind, fact_id, revision, body, version, recorded_at
    from fact
    where tenant_id = $1 and customer_id in (select value from json_each($2))
    order by customer_id, kind, fact_id, revision";

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: String,
    kind: String,
    fact_id: String,
    revision: i64,
    body: String,
    version: i64,
    recorded_at: i64,
}

/// Everything recorded of some customers, by customer, kind, id and revision.
pub async fn of_customers(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<StoredFact>, StoreError> {
    let rows: Vec<Row> = on!(tx, connection => {
        sqlx::query_as(OF_CUSTOMERS).bind(tenant.as_str()).bind(id_list(customers)).fetch_all(connection).await?
    });
    rows.iter().map(Row::parse).collect()
}

impl Row {
    fn parse(&self) -> Result<StoredFact, StoreError> {
        let corrupt = |column, problem: String| {
            let key = format!("{} {} {} {}", self.customer_id, self.kind, self.fact_id, self.revision);
            StoreError::corrupt("fact", key, column, problem)
        };
        let customer_id = parse_id(&self.customer_id)?;
        let raw: RawFact = serde_json::from_str(&self.body).map_err(|error| corrupt("body", error.to_string()))?;
        let fact = decode::fact(&raw, "").map_err(|violations| {
            corrupt("body", violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let key = fact.key();
        if (fact.customer_id(), key.kind().as_str(), key.id()) != (&customer_id, &self.kind, self.fact_id.clone())
            || i64::try_from(fact.revision()).ok() != Some(self.revision)
        {
            return Err(corrupt("body", "is another fact than its key says".to_owned()));
        }
        let recorded_at =
            from_micros(self.recorded_at).ok_or_else(|| corrupt("recorded_at", "is out of range".to_owned()))?;
        Ok(StoredFact { fact, version: self.version, recorded_at })
    }
}

const APPEND: &str = "
    insert into fact (tenant_id, customer_id, kind, fact_id, revision, body, version, recorded_at)
    select $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, $2
    from json_each($3)";

/// Records facts. One that is there already, in the same revision, is an error of the caller.
pub async fn append(
    tx: &mut Tx,
    tenant: &TenantId,
    facts: &[NewFact<'_>],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if facts.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = facts
        .iter()
        .map(|new| {
            let key = new.fact.key();
            let body = serde_json::to_string(&encode::fact(new.fact)).unwrap_or_default();
            json!([
                new.fact.customer_id().as_str(),
                key.kind().as_str(),
                key.id(),
                new.fact.revision(),
                body,
                new.version
            ])
        })
        .collect();
    on!(tx, connection => {
        sqlx::query(APPEND)
            .bind(tenant.as_str())
            .bind(to_micros(now))
            .bind(json!(rows).to_string())
            .execute(connection)
            .await?;
    });
    Ok(())
}
