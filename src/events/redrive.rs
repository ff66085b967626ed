//! Commands of an operator on deliveries: redrive events, enable a disabled sink.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::events::redrive::{self, Range};
use crate::store::events::sink;

/// Events to redrive.
#[derive(Debug, Clone)]
pub enum RedriveScope {
    /// Dead letters, of one customer or of all.
    Dead(Option<CustomerId>),
    /// Events of a range of dates that the sink has passed.
    Dates(Range),
    /// The journal from its beginning, for a sink that accepts it.
    Journal,
}

impl fmt::Display for RedriveScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let customer = match self {
            Self::Dead(customer) => {
                f.write_str("what was given up")?;
                customer
            }
            Self::Dates(range) => {
                write!(f, "from {} to {}", range.from, range.to)?;
                &range.customer
            }
            Self::Journal => return f.write_str("the journal"),
        };
        customer.iter().try_for_each(|customer_id| write!(f, ", of {customer_id}"))
    }
}

/// Marks events for delivery to a sink once more; returns their number, or None for a sink that was never served. Each step
/// is a transaction of its own: a failure keeps the steps before it.
pub async fn redrive(
    db: &Db,
    tenant_id: &TenantId,
    sink: &str,
    scope: &RedriveScope,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Option<u64>, StoreError> {
    let mut tx = db.write().await?;
    let Some(progress) = sink::one(&mut tx, tenant_id, sink).await? else { return Ok(None) };
    let record = AuditRecord::new(Action::DeliveriesRedriven, AuditSubject::Sink(sink), actor).after(scope.to_string());
    let records = [record];
    let range = match scope {
        RedriveScope::Dead(customer) => {
            let count = redrive::dead(&mut tx, tenant_id, sink, customer.as_ref(), now).await?;
            audit::append(&mut tx, tenant_id, &records, now).await?;
            tx.commit().await?;
            return Ok(Some(count));
        }
        RedriveScope::Journal => {
            sink::rewind_journal(&mut tx, tenant_id, sink).await?;
            audit::append(&mut tx, tenant_id, &records, now).await?;
            tx.commit().await?;
            return Ok(Some(0));
        }
        RedriveScope::Dates(range) => range,
    };
    audit::append(&mut tx, tenant_id, &records, now).await?;
    tx.commit().await?;
    // Events behind the sink's position are delivered anyway.
    let (mut after, mut count) = (Some(0), 0_u64);
    while let Some(sequence) = after {
        let mut tx = db.write().await?;
        let (more, next) =
            redrive::some_of(&mut tx, tenant_id, sink, range, (sequence, progress.position), now).await?;
        tx.commit().await?;
        count += more;
        after = next;
    }
    Ok(Some(count))
}

/// Enables a sink that is disabled or paused; returns whether it was, or None for a sink that was never served.
pub async fn enable(
    db: &Db,
    tenant_id: &TenantId,
    sink: &str,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Option<bool>, StoreError> {
    let mut tx = db.write().await?;
    if sink::one(&mut tx, tenant_id, sink).await?.is_none() {
        return Ok(None);
    }
    let was_disabled = sink::enable(&mut tx, tenant_id, sink).await?;
    if was_disabled {
        let record = AuditRecord::new(Action::SinkEnabled, AuditSubject::Sink(sink), actor).after("enabled");
        let records = [record];
        audit::append(&mut tx, tenant_id, &records, now).await?;
    }
    tx.commit().await?;
    Ok(Some(was_disabled))
}
