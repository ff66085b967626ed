//! The entries of the journal.

use chrono::{DateTime, NaiveDate, Utc};

use super::customer::Version;
use crate::domain::movement::Movement;

/// The place of an entry in the journal, and the id of its movement.
pub type Sequence = i64;

/// A movement as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub sequence: Sequence,
    /// The recording of the customer that brought it.
    pub version: Version,
    pub recorded_at: DateTime<Utc>,
    /// The date by which reports count it (R16).
    pub posting_date: NaiveDate,
    /// The entry that this one cancels; its movement is then that one the other way.
    pub reverses: Option<Sequence>,
    pub movement: Movement,
}

impl Entry {
    /// Whether it is posted in another month than its own, because that one was closed (R16).
    #[must_use]
    pub fn is_adjustment(&self) -> bool {
        self.posting_date != self.movement.effective_date
    }
}
