//! Deliveries that later events of a sink have passed: waiting for another attempt, or dead-lettered.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Sequence;
use crate::store::db::{Column, Insert, Instant, Json, Set, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::facts::customer::{parse_id, set};
use crate::store::sql::Statement;

/// Undelivered event of a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub customer_id: CustomerId,
    /// Its sequence in the outbox.
    pub sequence: Sequence,
    /// Dead-lettered.
    pub is_dead: bool,
    pub attempts: i32,
    pub first_tried_at: Option<DateTime<Utc>>,
    /// Not attempted before.
    pub next_at: DateTime<Utc>,
    /// Last failure reported by the sink.
    pub reason: String,
}

pub(in crate::store) static PUT: Insert = Insert::new(
    "delivery",
    &[
        ("tenant_id", SqlType::Text),
        ("sink", SqlType::Text),
        ("customer_id", SqlType::Text),
        ("sequence", SqlType::Integer),
        ("is_dead", SqlType::Boolean),
        ("attempts", SqlType::Integer),
        ("first_tried_at", SqlType::Instant),
        ("next_at", SqlType::Instant),
        ("reason", SqlType::Text),
    ],
    "on conflict (tenant_id, sink, customer_id, sequence) do update
    set is_dead = excluded.is_dead, attempts = excluded.attempts, first_tried_at = excluded.first_tried_at,
        next_at = excluded.next_at, reason = excluded.reason",
);

/// Inserts deliveries, or records another attempt.
pub async fn put(tx: &mut Tx, tenant: &TenantId, sink: &str, deliveries: &[Delivery]) -> Result<(), StoreError> {
    let count = deliveries.len();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); count]),
        Column::Text(vec![sink; count]),
        Column::Text(deliveries.iter().map(|it| it.customer_id.as_str()).collect()),
        Column::Integer(deliveries.iter().map(|it| it.sequence).collect()),
        Column::Boolean(deliveries.iter().map(|it| it.is_dead).collect()),
        Column::Integer(deliveries.iter().map(|it| i64::from(it.attempts)).collect()),
        Column::OptionalInstant(deliveries.iter().map(|it| it.first_tried_at).collect()),
        Column::Instant(deliveries.iter().map(|it| it.next_at).collect()),
        Column::Text(deliveries.iter().map(|it| it.reason.as_str()).collect()),
    ];
    PUT.run(tx, count, columns).await?;
    Ok(())
}

/// `is_dead = false`, here and below: SQLite does not match `not is_dead` with an index.
static REMOVE: Statement =
    Statement::new("delete from delivery where tenant_id = $1 and sink = $2 and is_dead = false and sequence {in $3}");

/// Removes deliveries that succeeded.
pub async fn remove(tx: &mut Tx, tenant: &TenantId, sink: &str, delivered: &[Sequence]) -> Result<(), StoreError> {
    if delivered.is_empty() {
        return Ok(());
    }
    let sequences: Set<Sequence> = delivered.iter().copied().collect();
    let statement = REMOVE.on(tx);
    on!(tx, connection => {
        sqlx::query(statement).bind(tenant.as_str()).bind(sink).bind(sequences).execute(connection).await?;
    });
    Ok(())
}

static HELD_BACK: Statement = Statement::new(
    "select distinct customer_id from delivery
    where tenant_id = $1 and sink = $2 and is_dead = false and customer_id {in $3}",
);

/// Finds the customers with a waiting delivery, whose later events wait behind it.
pub async fn held_back(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    customers: &[&CustomerId],
) -> Result<BTreeSet<CustomerId>, StoreError> {
    if customers.is_empty() {
        return Ok(BTreeSet::new());
    }
    let statement = HELD_BACK.on(tx);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(set(customers))
            .fetch_all(connection)
            .await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

static COUNT: Statement =
    Statement::new("select count(*) from delivery where tenant_id = $1 and sink = $2 and is_dead = $3");

/// Counts waiting or dead-lettered deliveries.
pub async fn count(tx: &mut Tx, tenant: &TenantId, sink: &str, is_dead: bool) -> Result<i64, StoreError> {
    let statement = COUNT.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(sink).bind(is_dead).fetch_one(connection).await?
    }))
}

static FAILING: Statement = Statement::new(
    "select count(*) from delivery where tenant_id = $1 and sink = $2 and is_dead = false and attempts > 0",
);

/// Counts failed deliveries that wait for another attempt, without those that only wait behind them.
pub async fn failing(tx: &mut Tx, tenant: &TenantId, sink: &str) -> Result<i64, StoreError> {
    let statement = FAILING.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(sink).fetch_one(connection).await?
    }))
}

static OLDEST: Statement = Statement::new(
    "select min(recorded_at) from outbox where tenant_id = $1 and sequence = (
        select min(sequence) from delivery where tenant_id = $1 and sink = $2 and is_dead = false)",
);

/// Finds the instant at which the oldest waiting event was written.
pub async fn oldest(tx: &mut Tx, tenant: &TenantId, sink: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let statement = OLDEST.on(tx);
    let oldest: Option<Instant> = on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(sink).fetch_one(connection).await?
    });
    Ok(oldest.map(|at| at.0))
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    customer_id: String,
    sequence: Sequence,
    is_dead: bool,
    attempts: i32,
    first_tried_at: Option<Instant>,
    next_at: Instant,
    reason: String,
    body: Option<Json>,
}

impl DeliveryRow {
    fn parse(self) -> Result<(Delivery, Option<Envelope>), StoreError> {
        let envelope = self.body.map(|body| serde_json::from_str(body.get())).transpose();
        let envelope = envelope.map_err(|error| StoreError::corrupt("outbox", self.sequence, "body", error))?;
        let delivery = Delivery {
            customer_id: parse_id(&self.customer_id)?,
            sequence: self.sequence,
            is_dead: self.is_dead,
            attempts: self.attempts,
            first_tried_at: self.first_tried_at.map(|at| at.0),
            next_at: self.next_at.0,
            reason: self.reason,
        };
        Ok((delivery, envelope))
    }
}

static READY: Statement = Statement::new(
    "select delivery.customer_id, delivery.sequence, is_dead, attempts, first_tried_at, next_at, reason, body
    from delivery left join outbox on outbox.tenant_id = delivery.tenant_id
        and outbox.customer_id = delivery.customer_id and outbox.sequence = delivery.sequence
    where delivery.tenant_id = $1 and delivery.sink = $2
        and is_dead = false and not exists (
            select 1 from delivery as earlier
            where earlier.tenant_id = $1 and earlier.sink = $2 and earlier.customer_id = delivery.customer_id
                and not earlier.is_dead and earlier.sequence <= delivery.sequence and earlier.next_at > $3)
    order by delivery.sequence limit $4",
);

/// Lists the deliveries due for another attempt, in order: none before its time, nor any behind it. Without an envelope
/// where the event is no longer kept.
pub async fn ready(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(Delivery, Option<Envelope>)>, StoreError> {
    let statement = READY.on(tx);
    let rows: Vec<DeliveryRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(Instant(now))
            .bind(limit)
            .fetch_all(connection)
            .await?
    });
    rows.into_iter().map(DeliveryRow::parse).collect()
}

static PAGE: Statement = Statement::new(
    "select delivery.customer_id, delivery.sequence, is_dead, attempts, first_tried_at, next_at, reason, body
    from delivery left join outbox on outbox.tenant_id = delivery.tenant_id
        and outbox.customer_id = delivery.customer_id and outbox.sequence = delivery.sequence
    where delivery.tenant_id = $1 and delivery.sink = $2
        and is_dead = $3 and delivery.sequence > $4
    order by delivery.sequence limit $5",
);

/// Lists waiting or dead-lettered deliveries after a position.
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    is_dead: bool,
    after: Sequence,
    limit: i64,
) -> Result<Vec<(Delivery, Option<Envelope>)>, StoreError> {
    let statement = PAGE.on(tx);
    let rows: Vec<DeliveryRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(is_dead)
            .bind(after)
            .bind(limit)
            .fetch_all(connection)
            .await?
    });
    rows.into_iter().map(DeliveryRow::parse).collect()
}

static HURRY: Statement = Statement::new(
    "update delivery set next_at = $3
    where tenant_id = $1 and sink = $2 and is_dead = false and next_at > $3 and first_tried_at >= $4",
);

/// Makes deliveries due that first failed since an instant: the sink accepts events again.
pub async fn hurry(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let statement = HURRY.on(tx);
    on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(Instant(now))
            .bind(Instant(since))
            .execute(connection)
            .await?;
    });
    Ok(())
}
