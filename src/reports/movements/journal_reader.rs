//! Reading the journal in order, without skipping entries of late commits.

use std::sync::Arc;

use crate::domain::ids::TenantId;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::reports::error::ReportError;
use crate::store::db::Db;
use crate::store::journal;
use crate::store::journal::sequence;
use crate::store::journal::sequence::Numbered;

/// Entries in a query.
const PAGE: i64 = 500;

/// Reader of the journal and its position.
#[derive(Debug)]
pub struct Follower {
    db: Db,
    tenant_id: TenantId,
    after: Sequence,
}

impl Follower {
    /// Starts after a position; 0 is before the first entry.
    #[must_use]
    pub fn new(db: Db, tenant_id: TenantId, after: Sequence) -> Self {
        Self { db, tenant_id, after }
    }

    /// Position of the last entry read.
    #[must_use]
    pub fn after(&self) -> Sequence {
        self.after
    }

    /// Reads the next settled entries; empty when there is nothing new.
    pub async fn next(&mut self) -> Result<Vec<Arc<Entry>>, ReportError> {
        // Read after the settled position is known, so that all entries up to it are visible.
        let settled = sequence::settled(&self.db, Numbered::Journal).await?;
        self.through(settled).await
    }

    /// Reads the next entries up to a settled position.
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

    /// Moves past entries, not past the settled position: sequence numbers that were never committed may be assigned
    /// again after a crash.
    pub fn pass(&mut self, entries: &[Arc<Entry>]) {
        self.after = entries.last().map_or(self.after, |last| last.sequence);
    }
}
