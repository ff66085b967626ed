//! Forwards the journal to a sink that accepts it: in one order, so that an entry that fails holds back all behind it.

use std::sync::Arc;

use crate::domain::journal::entry::Entry;
use crate::events::backoff;
use crate::events::delivery_outcome::instant_after;
use crate::events::sink_worker::{Lease, Round, SinkWorker};
use crate::store::error::StoreError;
use crate::store::events::sink;
use crate::store::journal;
use crate::store::journal::sequence::{self, Numbered};

/// Number of entries that are delivered together.
const PAGE: i64 = 2_000;

impl SinkWorker {
    /// Delivers the next entries. Returns `otherwise` if there are none, or if the sink does not take them.
    pub(super) async fn forward_journal(&self, lease: &mut Lease, otherwise: Round) -> Result<Round, StoreError> {
        let after = lease.progress.journal_position;
        if lease.journal_paused_until.is_some_and(|until| until > self.clock.now()) {
            return Ok(otherwise);
        }
        let settled = sequence::settled(&self.db, Numbered::Journal).await?;
        if settled <= after {
            return Ok(otherwise);
        }
        let mut tx = self.db.read().await?;
        let entries = journal::between(&mut tx, &self.tenant_id, after, settled, PAGE).await?;
        tx.rollback().await?;
        if entries.is_empty() {
            return Ok(otherwise);
        }
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        let delivered = tokio::select! {
            delivered = self.sink.deliver_entries(&entries) => delivered,
            () = lease.lock.lost() => return Ok(Round::Lost),
        };
        let last = |count: usize| count.checked_sub(1).and_then(|last| entries.get(last));
        let mut progress = lease.progress.clone();
        match delivered.as_ref().map(|count| last(*count)) {
            Ok(Some(last)) => progress.journal_position = last.sequence,
            failed => {
                let now = self.clock.now();
                tracing::warn!(sink = self.name, ?failed, "journal entries could not be delivered");
                // Only the journal pauses, not the events.
                lease.journal_paused_until = Some(instant_after(now, backoff::sink_pause(1, after)));
                return Ok(otherwise);
            }
        }
        let mut tx = self.db.write().await?;
        if !sink::note(&mut tx, &self.tenant_id, &self.name, lease.generation, &progress).await? {
            tx.rollback().await?;
            return Ok(Round::Lost);
        }
        tx.commit().await?;
        lease.progress = progress;
        Ok(Round::Worked)
    }
}
