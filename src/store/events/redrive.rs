//! Redrive: another attempt for dead-lettered deliveries, or for all events of a span of dates.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Sequence;
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

static DEAD: Statement = Statement::new(
    "update delivery set is_dead = false, attempts = 0, first_tried_at = null, next_at = $3
    where tenant_id = $1 and sink = $2 and is_dead and ($4 = '' or customer_id = $4)",
);

/// Makes dead-lettered deliveries due, of one customer or of all; returns the number of events.
pub async fn dead(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    customer: Option<&CustomerId>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let statement = DEAD.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(Instant(now))
            .bind(customer.map_or("", CustomerId::as_str))
            .execute(connection)
            .await?
            .rows_affected()
    }))
}

/// Kept events to deliver again.
#[derive(Debug, Clone)]
pub struct Range {
    /// Dates of the events; both included.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// None: all customers.
    pub customer: Option<CustomerId>,
}

/// Sequences of the outbox scanned in one transaction.
const STEP: Sequence = 50_000;

static RANGE: Statement = Statement::new(
    "insert into delivery (tenant_id, sink, customer_id, sequence, next_at)
    select tenant_id, $2, customer_id, sequence, $3 from outbox
    where tenant_id = $1 and sequence > $4 and sequence <= $5 and body ->> 'date' between $6 and $7
        and ($8 = '' or customer_id = $8)
    on conflict (tenant_id, sink, customer_id, sequence) do update
    set is_dead = false, attempts = 0, first_tried_at = null, next_at = excluded.next_at",
);

/// Redelivers events that a sink has passed: a bounded span after one sequence, up to a last one. Returns the number of
/// events, and the sequence to continue after; None at the end.
pub async fn some_of(
    tx: &mut Tx,
    tenant: &TenantId,
    sink: &str,
    range: &Range,
    (after, last): (Sequence, Sequence),
    now: DateTime<Utc>,
) -> Result<(u64, Option<Sequence>), StoreError> {
    // Saturation ends at `last` too.
    let through = after.saturating_add(STEP).min(last);
    let statement = RANGE.on(tx);
    let count = on!(tx, connection => {
        sqlx::query(statement)
            .bind(tenant.as_str())
            .bind(sink)
            .bind(Instant(now))
            .bind(after)
            .bind(through)
            .bind(range.from.to_string())
            .bind(range.to.to_string())
            .bind(range.customer.as_ref().map_or("", CustomerId::as_str))
            .execute(connection)
            .await?
            .rows_affected()
    });
    Ok((count, Some(through).filter(|through| *through < last)))
}
