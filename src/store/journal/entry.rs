//! The entries of the journal.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::domain::journal::customer_activity::{Part, Posted, Turn};
use crate::domain::journal::movement::{Category, Level, Movement};
use crate::store::facts::customer::Version;

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

    /// What it makes of its customer; None: what is posted at CONTRACT level makes nothing of anybody.
    #[must_use]
    pub fn posted(&self) -> Option<Posted> {
        let movement = &self.movement;
        if movement.level != Level::Customer {
            return None;
        }
        let part = Part {
            currency: movement.currency,
            turn: turn(movement.category, movement.effective_date),
            delta: i128::from(movement.delta.micros()),
            movements: if self.reverses.is_none() { 1 } else { -1 },
        };
        let month = self.posting_date.with_day(1).unwrap_or(self.posting_date);
        Some(Posted { month, provisional_until: movement.provisional_until, part })
    }
}

/// What a movement at CUSTOMER level says of the customer (R8).
pub(in crate::store) fn turn(category: Category, effective_date: NaiveDate) -> Option<(NaiveDate, Turn)> {
    match category {
        Category::New => Some((effective_date, Turn::Came)),
        Category::Churn => Some((effective_date, Turn::Left)),
        Category::Upsell | Category::Downsell | Category::Renewal | Category::Ignored => None,
    }
}
