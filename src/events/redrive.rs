//! What an operator does about deliveries: send events again, and let a disabled sink have events.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, NewAudit};
use crate::store::audit;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::events::redrive::{self, Range};
use crate::store::events::sink;

/// What to send again.
#[derive(Debug, Clone)]
pub enum Again {
    /// What was given up, of one customer or of all.
    Dead(Option<CustomerId>),
    /// What the sink has passed, of some dates.
    Dates(Range),
    /// The journal from its beginning, for a sink that gets it.
    Journal,
}

impl fmt::Display for Again {
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

/// Puts events up for delivery to a sink once more; gives their number, or None when the sink was never served. Each
/// step is a transaction: what is done stays done, whatever becomes of the rest.
pub async fn redrive(
    db: &Db,
    tenant_id: &TenantId,
    sink: &str,
    again: &Again,
    author: &Actor,
    now: DateTime<Utc>,
) -> Result<Option<u64>, StoreError> {
    let mut tx = db.write().await?;
    let Some(progress) = sink::one(&mut tx, tenant_id, sink).await? else { return Ok(None) };
    let audits = [audited(Action::DeliveriesRedriven, sink, &again.to_string(), author)];
    let range = match again {
        Again::Dead(customer) => {
            let count = redrive::dead(&mut tx, tenant_id, sink, customer.as_ref(), now).await?;
            audit::append(&mut tx, tenant_id, &audits, now).await?;
            tx.commit().await?;
            return Ok(Some(count));
        }
        Again::Journal => {
            sink::rewind_journal(&mut tx, tenant_id, sink).await?;
            audit::append(&mut tx, tenant_id, &audits, now).await?;
            tx.commit().await?;
            return Ok(Some(0));
        }
        Again::Dates(range) => range,
    };
    audit::append(&mut tx, tenant_id, &audits, now).await?;
    tx.commit().await?;
    // What lies behind the sink's position is delivered anyway.
    let (mut after, mut count) = (Some(0), 0_u64);
    while let Some(place) = after {
        let mut tx = db.write().await?;
        let (more, next) = redrive::some_of(&mut tx, tenant_id, sink, range, (place, progress.position), now).await?;
        tx.commit().await?;
        count = count.saturating_add(more);
        after = next;
    }
    Ok(Some(count))
}

/// Lets a sink have events again that is disabled or paused. False: it is neither. None: it was never served.
pub async fn enable(
    db: &Db,
    tenant_id: &TenantId,
    sink: &str,
    author: &Actor,
    now: DateTime<Utc>,
) -> Result<Option<bool>, StoreError> {
    let mut tx = db.write().await?;
    if sink::one(&mut tx, tenant_id, sink).await?.is_none() {
        return Ok(None);
    }
    let was_disabled = sink::enable(&mut tx, tenant_id, sink).await?;
    if was_disabled {
        let audits = [audited(Action::SinkEnabled, sink, "enabled", author)];
        audit::append(&mut tx, tenant_id, &audits, now).await?;
    }
    tx.commit().await?;
    Ok(Some(was_disabled))
}

fn audited(action: Action, sink: &str, after: &str, author: &Actor) -> NewAudit {
    NewAudit {
        author: author.clone(),
        action,
        customer_id: None,
        subject: format!("sink {sink}"),
        before: String::new(),
        after: after.to_owned(),
        reason: String::new(),
    }
}
