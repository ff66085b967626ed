//! Customer rows: count the recordings, and stand for the customer where processes compete.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Version;
use crate::store::db::{Column, Insert, Instant, Set, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// By key, one by one (`offset 0`), independent of PostgreSQL's statistics: a new table has none, and would be read
/// whole.
static VERSIONS: Statement = Statement::each(
    "select customer_id, version from customer
    where tenant_id = $1 and customer_id in (select value from json_each($2))",
    "select it.customer_id, it.version from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select customer_id, version from customer
        where tenant_id = $1 and customer_id = wanted.id
        offset 0) as it",
);

/// Finds the versions of existing customers.
pub async fn versions(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeMap<CustomerId, Version>, StoreError> {
    read_versions(tx, &VERSIONS, tenant, customers).await
}

/// In the order of their ids, as in [`touch`], so that two writers cannot deadlock.
static LOCK: Statement = Statement::each(
    "select customer_id, version from customer
    where tenant_id = $1 and customer_id in (select value from json_each($2))",
    "select customer_id, version from customer where tenant_id = $1 and customer_id = any ($2)
    order by customer_id for update",
);

/// Finds the versions as [`versions`] does, and locks these customers until the transaction ends.
pub async fn lock(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeMap<CustomerId, Version>, StoreError> {
    read_versions(tx, &LOCK, tenant, customers).await
}

async fn read_versions(
    tx: &mut Tx,
    statement: &'static Statement,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeMap<CustomerId, Version>, StoreError> {
    if customers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let statement = statement.on(tx);
    let rows: Vec<(String, Version)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    rows.into_iter().map(|(id, version)| Ok((parse_id(&id)?, version))).collect()
}

/// Changes a row only if its version is the expected one.
pub(in crate::store) static TOUCH: Insert = Insert::new(
    "customer",
    &[
        ("tenant_id", SqlType::Text),
        ("customer_id", SqlType::Text),
        ("version", SqlType::Integer),
        ("previous_version", SqlType::Integer),
        ("created_at", SqlType::Instant),
        ("changed_at", SqlType::Instant),
        ("next_event_at", SqlType::Instant),
        ("books_version", SqlType::Integer),
    ],
    "on conflict (tenant_id, customer_id) do update
    set version = excluded.version, previous_version = excluded.previous_version, changed_at = excluded.changed_at,
        next_event_at = excluded.next_event_at, books_version = excluded.books_version
    where customer.version = excluded.previous_version",
);

/// Customer whose recordings are counted.
#[derive(Debug, Clone, Copy)]
pub struct Touch<'c> {
    pub customer_id: &'c CustomerId,
    /// Expected version of the customer.
    pub from: Version,
    pub to: Version,
    /// Date of the customer's next event.
    pub next_event_at: Option<DateTime<Utc>>,
    /// Version of the books under which it was derived.
    pub books_version: i64,
}

/// Counts the recordings of customers, given in the order of their ids; false if some do not have the expected version,
/// and the transaction must be rolled back.
pub async fn touch(
    tx: &mut Tx,
    tenant: &TenantId,
    touches: &[Touch<'_>],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let count = touches.len();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); count]),
        Column::Text(touches.iter().map(|touch| touch.customer_id.as_str()).collect()),
        Column::Integer(touches.iter().map(|touch| touch.to).collect()),
        Column::Integer(touches.iter().map(|touch| touch.from).collect()),
        Column::Instant(vec![now; count]),
        Column::Instant(vec![now; count]),
        Column::OptionalInstant(touches.iter().map(|touch| touch.next_event_at).collect()),
        Column::Integer(touches.iter().map(|touch| touch.books_version).collect()),
    ];
    let touched = TOUCH.run(tx, count, columns).await?;
    Ok(usize::try_from(touched) == Ok(count))
}

static DUE: Statement = Statement::new(
    "select customer_id from customer where tenant_id = $1 and next_event_at <= $2 order by next_event_at limit $3",
);

/// Lists customers with a due event that is not in the outbox, longest due first.
pub async fn due(
    tx: &mut Tx,
    tenant: &TenantId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let statement = DUE.on(tx);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(tenant.as_str())
            .bind(Instant(now))
            .bind(limit)
            .fetch_all(connection)
            .await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

/// By the key, one by one on PostgreSQL, as [`VERSIONS`].
static TIMES: Statement = Statement::each(
    "select customer_id, changed_at, next_event_at from customer
    where tenant_id = $1 and customer_id in (select value from json_each($2))",
    "select it.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select customer_id, changed_at, next_event_at from customer
        where tenant_id = $1 and customer_id = wanted.id
        offset 0) as it",
);

/// Instant of the last change of a customer, and date of its next event then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub changed_at: DateTime<Utc>,
    pub next_event_at: Option<DateTime<Utc>>,
}

/// Finds the times of existing customers.
pub async fn times(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<(CustomerId, Times)>, StoreError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let statement = TIMES.on(tx);
    let rows: Vec<(String, Instant, Option<Instant>)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    let times = |(id, changed_at, next_event_at): (String, Instant, Option<Instant>)| {
        Ok((parse_id(&id)?, Times { changed_at: changed_at.0, next_event_at: next_event_at.map(|at| at.0) }))
    };
    rows.into_iter().map(times).collect()
}

static PAGE: Statement = Statement::new(
    "select customer_id from customer where tenant_id = $1 and customer_id > $2 order by customer_id limit $3",
);

/// Lists the next customers by id after one (None: from the first).
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Option<&CustomerId>,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let after = after.map_or("", CustomerId::as_str);
    let statement = PAGE.on(tx);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(after).bind(limit).fetch_all(connection).await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

static DERIVED_BEFORE: Statement = Statement::new(
    "select customer_id from customer where tenant_id = $1 and customer_id > $2 and books_version < $3
    order by customer_id limit $4",
);

/// Lists the next customers by id after one (None: from the first) that were derived before a version of the books.
pub async fn derived_before(
    tx: &mut Tx,
    tenant: &TenantId,
    books_version: i64,
    after: Option<&CustomerId>,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let after = after.map_or("", CustomerId::as_str);
    let statement = DERIVED_BEFORE.on(tx);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(tenant.as_str())
            .bind(after)
            .bind(books_version)
            .bind(limit)
            .fetch_all(connection)
            .await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

static MISSING: Statement = Statement::new(
    "select customer_id from fact where tenant_id = $1 and not exists (
        select 1 from customer
        where customer.tenant_id = fact.tenant_id and customer.customer_id = fact.customer_id)
    union select customer_id from entry where tenant_id = $1 and not exists (
        select 1 from customer
        where customer.tenant_id = entry.tenant_id and customer.customer_id = entry.customer_id)
    order by 1 limit $2",
);

/// Lists customers with facts or entries, but without a row.
pub async fn missing(tx: &mut Tx, tenant: &TenantId, limit: i64) -> Result<Vec<CustomerId>, StoreError> {
    let statement = MISSING.on(tx);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(limit).fetch_all(connection).await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

/// Customers as one parameter.
pub(in crate::store) fn set<'v>(customers: &[&'v CustomerId]) -> Set<&'v str> {
    customers.iter().map(|id| id.as_str()).collect()
}

pub(in crate::store) fn parse_id(id: &str) -> Result<CustomerId, StoreError> {
    CustomerId::parse(id).map_err(|problem| StoreError::corrupt("customer", id, "customer_id", problem))
}
