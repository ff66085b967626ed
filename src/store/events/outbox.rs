//! Outbox: due events in the order of delivery, written with the movements behind them.

use chrono::{DateTime, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Sequence;
use crate::store::db::{Column, Insert, Instant, Json, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::facts::customer::{parse_id, set};
use crate::store::journal::sequence::between_numbers;
use crate::store::sql::Statement;

/// Event to be delivered.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub customer_id: CustomerId,
    /// Identifies the event among those of the customer.
    pub key: String,
    /// [`Envelope`] as JSON, which is smaller.
    pub body: String,
}

/// Event with its sequence.
#[derive(Debug, Clone)]
pub struct OutboxEvent {
    pub sequence: Sequence,
    pub customer_id: CustomerId,
    pub envelope: Envelope,
}

pub(in crate::store) static APPEND: Insert = Insert::new(
    "outbox",
    &[
        ("tenant_id", SqlType::Text),
        ("customer_id", SqlType::Text),
        ("event_key", SqlType::Text),
        ("sequence", SqlType::Integer),
        ("recorded_at", SqlType::Instant),
        ("body", SqlType::Json),
    ],
    "",
);

/// Appends events. Their sequences come from [`crate::store::journal::sequence::take`], in the same transaction. An
/// existing key is an error of the caller.
pub async fn append(
    tx: &mut Tx,
    tenant: &TenantId,
    events: &[NewEvent],
    numbers: Vec<Sequence>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let count = events.len();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); count]),
        Column::Text(events.iter().map(|event| event.customer_id.as_str()).collect()),
        Column::Text(events.iter().map(|event| event.key.as_str()).collect()),
        Column::Integer(numbers),
        Column::Instant(vec![now; count]),
        Column::Text(events.iter().map(|event| event.body.as_str()).collect()),
    ];
    APPEND.run(tx, count, columns).await?;
    Ok(())
}

/// By the key, one by one on PostgreSQL: see [`crate::store::facts::customer`].
static KEYS: Statement = Statement::each(
    "select customer_id, event_key from outbox
    where tenant_id = $1 and customer_id in (select value from json_each($2))",
    "select it.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select customer_id, event_key from outbox where tenant_id = $1 and customer_id = wanted.id offset 0) as it",
);

/// Lists the keys of all events written for some customers.
pub async fn keys(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<(CustomerId, String)>, StoreError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let statement = KEYS.on(tx);
    let rows: Vec<(String, String)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    rows.into_iter().map(|(id, key)| Ok((parse_id(&id)?, key))).collect()
}

#[derive(sqlx::FromRow)]
struct OutboxRow {
    sequence: Sequence,
    customer_id: String,
    body: Json,
}

impl OutboxRow {
    fn parse(self) -> Result<OutboxEvent, StoreError> {
        let envelope = serde_json::from_str(self.body.get())
            .map_err(|error| StoreError::corrupt("outbox", self.sequence, "body", error))?;
        Ok(OutboxEvent { sequence: self.sequence, customer_id: parse_id(&self.customer_id)?, envelope })
    }
}

static BETWEEN: Statement = Statement::new(
    "select sequence, customer_id, body from outbox
    where tenant_id = $3 and sequence > $1 and sequence <= $2 and body is not null order by sequence limit $4",
);

/// Lists the kept events after one sequence and up to another, in order.
pub async fn between(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Sequence,
    through: Sequence,
    limit: i64,
) -> Result<Vec<OutboxEvent>, StoreError> {
    let rows: Vec<OutboxRow> = between_numbers(tx, &BETWEEN, tenant, (after, through), limit).await?;
    rows.into_iter().map(OutboxRow::parse).collect()
}

static FIRST: Statement = Statement::new(
    "select sequence, recorded_at from outbox
    where tenant_id = $3 and sequence > $1 and sequence <= $2 and body is not null order by sequence limit 1",
);

/// Finds the first kept event after one sequence and up to another, with the instant at which it was written.
pub async fn first(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Sequence,
    through: Sequence,
) -> Result<Option<(Sequence, DateTime<Utc>)>, StoreError> {
    let statement = FIRST.on(tx);
    let row: Option<(Sequence, Instant)> = on!(tx, connection => {
        sqlx::query_as(statement).bind(after).bind(through).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    Ok(row.map(|(sequence, recorded_at)| (sequence, recorded_at.0)))
}

/// Events that wait at a sink, or are dead-lettered there, may still be delivered.
static PRUNE: Statement = Statement::new(
    "update outbox set body = null
    where sequence > $1 and sequence <= $2 and tenant_id = $3 and body is not null and recorded_at < $4
        and sequence not in (
            select sequence from delivery
            where tenant_id = $3 and sink in (select sink from sink where tenant_id = $3) and is_dead in (false, true)
                and sequence > $1 and sequence <= $2)",
);

/// Prunes the events after one sequence and up to another that were written before an instant and wait at no sink;
/// returns their number. Their keys stay, so that no event is written twice.
pub async fn prune(
    tx: &mut Tx,
    tenant: &TenantId,
    (after, through): (Sequence, Sequence),
    before: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let statement = PRUNE.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query(statement)
            .bind(after)
            .bind(through)
            .bind(tenant.as_str())
            .bind(Instant(before))
            .execute(connection)
            .await?
            .rows_affected()
    }))
}

static LAST: Statement = Statement::new("select max(sequence) from outbox where tenant_id = $1 and sequence <= $2");

/// Finds the sequence of the last event up to one, kept or pruned.
pub async fn last(tx: &mut Tx, tenant: &TenantId, through: Sequence) -> Result<Option<Sequence>, StoreError> {
    let statement = LAST.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(through).fetch_one(connection).await?
    }))
}
