//! Following the journal: every entry from a place on, in its order, none skipped.

use std::sync::Arc;

use crate::domain::ids::TenantId;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::reports::error::ReportError;
use crate::store::db::Db;
use crate::store::journal;
use crate::store::journal::sequence;
use crate::store::journal::sequence::Numbered;

/// Entries that are read at once.
const PAGE: i64 = 500;

/// A reader of the journal, and how far it has come.
#[derive(Debug)]
pub struct Follower {
    db: Db,
    tenant_id: TenantId,
    after: Sequence,
}

impl Follower {
    /// A reader who begins behind a place; 0 is before the first entry.
    #[must_use]
    pub fn new(db: Db, tenant_id: TenantId, after: Sequence) -> Self {
        Self { db, tenant_id, after }
    }

    /// How far it has come.
    #[must_use]
    pub fn after(&self) -> Sequence {
        self.after
    }

    /// The next entries that nothing can come before any more; none when there is nothing new.
    pub async fn next(&mut self) -> Result<Vec<Arc<Entry>>, ReportError> {
        // Read after it was found out what is settled, so that all of it is seen.
        let settled = sequence::settled(&self.db, Numbered::Journal).await?;
        self.through(settled).await
    }

    /// The next entries up to a number that is known to be settled.
    pub async fn through(&mut self, settled: Sequence) -> Result<Vec<Arc<Entry>>, ReportError> {
        if settled <= self.after {
            return Ok(Vec::new());
        }
        let mut tx = self.db.read().await?;
        let entries = journal::between(&mut tx, &self.tenant_id, self.after, settled, PAGE).await?;
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        self.pass(&entries);
        Ok(entries)
    }

    /// Goes on behind entries. Not behind what was settled: numbers that nobody committed may be given out again after a
    /// crash.
    pub fn pass(&mut self, entries: &[Arc<Entry>]) {
        self.after = entries.last().map_or(self.after, |last| last.sequence);
    }
}
