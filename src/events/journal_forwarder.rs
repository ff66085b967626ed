//! The journal, for a sink that wants it: in one order, so that an entry that fails holds back all behind it.

use std::sync::Arc;

use crate::domain::journal::entry::Entry;
use crate::events::backoff;
use crate::events::delivery_outcome::later;
use crate::events::sink_worker::{Round, SinkWorker, Turn};
use crate::store::error::StoreError;
use crate::store::events::sink;
use crate::store::journal;
use crate::store::journal::sequence::{self, Numbered};

/// Entries that are delivered at once.
const PAGE: i64 = 2_000;

impl SinkWorker {
    /// Delivers the next entries; `round` is what is told when there are none.
    pub(super) async fn deliver_journal(&self, turn: &mut Turn, round: Round) -> Result<Round, StoreError> {
        let after = turn.progress.journal_position;
        if turn.journal_paused_until.is_some_and(|until| until > self.clock.now()) {
            return Ok(round);
        }
        let settled = sequence::settled(&self.db, Numbered::Journal).await?;
        if settled <= after {
            return Ok(round);
        }
        let mut tx = self.db.read().await?;
        let entries = journal::between(&mut tx, &self.tenant_id, after, settled, PAGE).await?;
        tx.rollback().await?;
        if entries.is_empty() {
            return Ok(round);
        }
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        let delivered = tokio::select! {
            delivered = self.sink.deliver_entries(&entries) => delivered,
            () = turn.lock.lost() => return Ok(Round::Lost),
        };
        let last = |count: usize| count.checked_sub(1).and_then(|last| entries.get(last));
        let mut progress = turn.progress.clone();
        match delivered.as_ref().map(|count| last(*count)) {
            Ok(Some(last)) => progress.journal_position = last.sequence,
            failed => {
                let now = self.clock.now();
                tracing::warn!(sink = self.name, ?failed, "the journal could not be delivered");
                // Its events go on.
                turn.journal_paused_until = Some(later(now, backoff::pause(1, after)));
                return Ok(round);
            }
        }
        let mut tx = self.db.write().await?;
        if !sink::note(&mut tx, &self.tenant_id, &self.name, turn.generation, &progress).await? {
            tx.rollback().await?;
            return Ok(Round::Lost);
        }
        tx.commit().await?;
        turn.progress = progress;
        Ok(Round::Worked)
    }
}
