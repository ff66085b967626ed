//! Following the journal: every entry from a place on, in its order, none skipped.

use super::error::ReportError;
use crate::domain::ids::TenantId;
use crate::store::db::Db;
use crate::store::entry::{Entry, Sequence};
use crate::store::{journal, sequence};

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

    /// The next entries that nothing can come before any more; none when there is nothing new.
    pub async fn next(&mut self) -> Result<Vec<Entry>, ReportError> {
        let settled = sequence::settled(&self.db).await?;
        if settled <= self.after {
            return Ok(Vec::new());
        }
        // Begun after it was found out what is settled, so that it sees all of it.
        let mut tx = self.db.read().await?;
        let entries = journal::between(&mut tx, &self.tenant_id, self.after, settled, PAGE).await?;
        // Not behind what was settled: numbers that nobody committed may be given out again after a crash.
        self.after = entries.last().map_or(self.after, |last| last.sequence);
        Ok(entries)
    }
}
