//! Retention: events that everybody has had are kept for a while, to be sent again, and then no longer. Their keys stay,
//! which say what went out.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::events::sink;

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
    /// Up to this place nothing is kept any more, as far as is known: 0 at first.
    pub gone: Sequence,
}

impl Retention {
    /// Keeps no longer what every sink that was ever served has passed, what waits nowhere, and what was written long
    /// enough ago; gives the number of events. While somebody else does so, and when there is no sink, it is none.
    pub async fn prune(&mut self) -> Result<u64, StoreError> {
        let Some(lock) = self.db.try_lock(&format!("retention {}", self.tenant_id)).await? else { return Ok(0) };
        let pruned = self.prune_alone().await;
        lock.release().await;
        pruned
    }

    async fn prune_alone(&mut self) -> Result<u64, StoreError> {
        let Some(before) = self.clock.now().checked_sub_signed(self.keep) else { return Ok(0) };
        let mut tx = self.db.read().await?;
        let sinks = sink::all(&mut tx, &self.tenant_id).await?;
        tx.rollback().await?;
        let Some(passed) = sinks.iter().map(|(_, progress)| progress.position).min() else { return Ok(0) };
        let mut place = self.first_kept(self.gone, passed).await?;
        // What is kept today among them may be let go the next time.
        self.gone = place.map_or(self.gone, |(place, _)| place.saturating_sub(1));
        let mut count = 0_u64;
        // Whatever lies behind a young event is hardly older.
        while let Some((first, _)) = place.filter(|(_, recorded_at)| *recorded_at < before) {
            let after = first.saturating_sub(1);
            let through = after.saturating_add(STEP).min(passed);
            let mut tx = self.db.write().await?;
            count = count.saturating_add(outbox::prune(&mut tx, &self.tenant_id, (after, through), before).await?);
            tx.commit().await?;
            place = self.first_kept(through, passed).await?;
        }
        Ok(count)
    }

    async fn first_kept(
        &self,
        after: Sequence,
        through: Sequence,
    ) -> Result<Option<(Sequence, DateTime<Utc>)>, StoreError> {
        let mut tx = self.db.read().await?;
        let first = outbox::first(&mut tx, &self.tenant_id, after, through).await?;
        tx.rollback().await?;
        Ok(first)
    }
}
