//! Prunes the outbox: deletes events that every sink has passed, after their retention. Their keys stay, as a record of what
//! was sent.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::events::{outbox, sink};

/// Retention of events without a configured one.
pub const DEFAULT_RETENTION: TimeDelta = TimeDelta::days(30);
/// Number of sequences of the outbox that one transaction prunes.
const STEP: Sequence = 10_000;

/// Pruning of one tenant's outbox.
#[derive(Debug)]
pub struct OutboxPruning {
    pub db: Db,
    pub tenant_id: TenantId,
    pub clock: Clock,
    /// Time for which events are kept after they were written.
    pub retention: TimeDelta,
    /// Sequence up to which the outbox is known to be empty; 0 at first.
    pub pruned_through: Sequence,
}

impl OutboxPruning {
    /// Deletes events that every sink that was ever served has passed, that wait for no retry, and whose retention is
    /// over; returns their number. Deletes none while another process prunes, or if there is no sink.
    pub async fn prune(&mut self) -> Result<u64, StoreError> {
        let Some(lock) = self.db.try_lock(&format!("retention {}", self.tenant_id)).await? else { return Ok(0) };
        let pruned = self.prune_locked().await;
        lock.release().await;
        pruned
    }

    async fn prune_locked(&mut self) -> Result<u64, StoreError> {
        let Some(before) = self.clock.now().checked_sub_signed(self.retention) else { return Ok(0) };
        let mut tx = self.db.read().await?;
        let sinks = sink::all(&mut tx, &self.tenant_id).await?;
        tx.rollback().await?;
        let Some(passed) = sinks.iter().map(|(_, progress)| progress.position).min() else { return Ok(0) };
        let mut first = self.first_event(self.pruned_through, passed).await?;
        if let Some((sequence, _)) = first {
            self.pruned_through = sequence - 1;
        }
        let mut count = 0;
        // Events are written about in order: behind a recent event none is much older.
        while let Some((sequence, _)) = first.filter(|(_, recorded_at)| *recorded_at < before) {
            let after = sequence - 1;
            // Also bounded by what the sinks have passed.
            let through = after.saturating_add(STEP).min(passed);
            let mut tx = self.db.write().await?;
            count += outbox::prune(&mut tx, &self.tenant_id, (after, through), before).await?;
            tx.commit().await?;
            first = self.first_event(through, passed).await?;
        }
        Ok(count)
    }

    async fn first_event(
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
