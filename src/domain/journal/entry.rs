//! The entries of the journal: movements as they are posted (R16).

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::domain::journal::customer_activity::{ActivitySum, PostedSum};
use crate::domain::journal::movement::{Level, Movement};

/// The place of an entry in the journal, and the id of its movement.
pub type Sequence = i64;

/// The number of a customer's recording, from 1; 0 for a customer without any.
pub type Version = i64;

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
    /// True where it is posted in another month than its own, because that one was closed (R16).
    #[must_use]
    pub fn is_adjustment(&self) -> bool {
        self.posting_date != self.movement.effective_date
    }

    /// Its share in the customer's MRR and activity; None at CONTRACT level, which has none.
    #[must_use]
    pub fn posted_sum(&self) -> Option<PostedSum> {
        let movement = &self.movement;
        if movement.level != Level::Customer {
            return None;
        }
        let sum = ActivitySum {
            currency: movement.currency,
            change: movement.activity_change().map(|change| (movement.effective_date, change)),
            delta: i128::from(movement.delta.micros()),
            movements: if self.reverses.is_none() { 1 } else { -1 },
        };
        // Every month has a first day.
        let month = self.posting_date.with_day(1).unwrap_or(self.posting_date);
        Some(PostedSum { month, provisional_until: movement.provisional_until, sum })
    }
}
