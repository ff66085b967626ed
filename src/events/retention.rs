//! Retention: events that everybody has had are kept for a while, to be sent again, and then no longer. Their keys stay,
//! which say what went out.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::store::db::Db;
use crate::store::entry::Sequence;
use crate::store::error::StoreError;
use crate::store::{outbox, sink};

/// How long events are kept, unless a configuration says otherwise.
pub const DEFAULT_RETENTION: TimeDelta = TimeDelta::days(30);
/// Places of the outbox that are looked through in one transaction.
const STEP: Sequence = 10_000;

/// Ends the keeping of events.
#[derive(Debug)]
pub struct Retention {
    pub db: Db,
    pub tenant_id: TenantId,
    pub clock: Clock,
    /// Events are kept for so long after they were written.
    pub keep: TimeDelta,
}

impl Retention {
    /// Keeps no longer what every sink that was ever served has passed, what waits nowhere, and what was written long
    /// enough ago; gives the number of events. While somebody else does so, and when there is no sink, it is none.
    pub async fn prune(&self) -> Result<u64, StoreError> {
        let Some(_lock) = self.db.try_lock(&format!("retention {}", self.tenant_id)).await? else { return Ok(0) };
        let Some(before) = self.clock.now().checked_sub_signed(self.keep) else { return Ok(0) };
        let mut tx = self.db.read().await?;
        let sinks = sink::all(&mut tx, &self.tenant_id).await?;
        tx.rollback().await?;
        let Some(passed) = sinks.iter().map(|(_, progress)| progress.position).min() else { return Ok(0) };
        let (mut place, mut count) = (0, 0_u64);
        while let Some(after) = self.next(place, passed, before).await? {
            let through = after.saturating_add(STEP).min(passed);
            let mut tx = self.db.write().await?;
            count = count.saturating_add(outbox::prune(&mut tx, &self.tenant_id, (after, through), before).await?);
            tx.commit().await?;
            place = through;
        }
        Ok(count)
    }

    /// The place before the next event that is still kept, unless that is young. Later ones are hardly older.
    async fn next(
        &self,
        after: Sequence,
        through: Sequence,
        before: DateTime<Utc>,
    ) -> Result<Option<Sequence>, StoreError> {
        let mut tx = self.db.read().await?;
        let first = outbox::first(&mut tx, &self.tenant_id, after, through).await?;
        tx.rollback().await?;
        let old = first.filter(|(_, recorded_at)| *recorded_at < before);
        Ok(old.map(|(place, _)| place.saturating_sub(1)))
    }
}
