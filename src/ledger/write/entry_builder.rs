//! R16: what is to be appended to the journal of a customer, as entries.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::domain::journal::movement::Movement;
use crate::ledger::error::RecordError;
use crate::ledger::write::customer_state::CustomerState;

/// Where the entries of a recording come.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Place {
    pub version: Version,
    /// Entries before them that have no number yet either.
    pub unnumbered: usize,
    pub now: DateTime<Utc>,
}

/// What an entry is to be.
struct Posting {
    reverses: Option<Sequence>,
    on: NaiveDate,
    movement: Movement,
}

impl Place {
    /// Reversals first, then the new movements.
    pub fn posted(
        self,
        known: &CustomerState,
        reversals: Vec<Sequence>,
        postings: Vec<Movement>,
    ) -> Result<Vec<Entry>, RecordError> {
        let mut all = Vec::with_capacity(reversals.len().saturating_add(postings.len()));
        let reversals: HashSet<Sequence> = reversals.into_iter().collect();
        for entry in known.live.iter().filter(|entry| reversals.contains(&entry.sequence)) {
            // Where the entry is, unless that is closed; after a reopening it can be later than the movement's own month.
            all.push(reversal(entry, known.books.posting_date(entry.posting_date))?);
        }
        all.extend(postings.into_iter().map(|movement| Posting {
            reverses: None,
            on: known.books.posting_date(movement.effective_date),
            movement,
        }));
        Ok(self.entries(all))
    }

    /// What is provisional after today, and posted before a date, is posted on that date instead. Both reversal and
    /// entry count from the same day on: where it was, it never counts.
    pub fn carried(self, known: &CustomerState, today: NaiveDate, to: NaiveDate) -> Result<Vec<Entry>, RecordError> {
        let is_carried = |entry: &&Entry| {
            entry.movement.provisional_until.is_some_and(|until| until > today) && entry.posting_date < to
        };
        let mut all = Vec::new();
        for entry in known.live.iter().filter(is_carried) {
            all.push(reversal(entry, entry.posting_date)?);
            all.push(Posting { reverses: None, on: to, movement: entry.movement.clone() });
        }
        Ok(self.entries(all))
    }

    fn entries(self, postings: Vec<Posting>) -> Vec<Entry> {
        let entries = postings.into_iter().enumerate().map(|(place, posting)| Entry {
            sequence: place_holder(self.unnumbered.saturating_add(place)),
            version: self.version,
            recorded_at: self.now,
            posting_date: posting.on,
            reverses: posting.reverses,
            movement: posting.movement,
        });
        entries.collect()
    }
}

fn reversal(entry: &Entry, on: NaiveDate) -> Result<Posting, RecordError> {
    // The one amount without an opposite is beyond what a replay gives.
    let movement = entry.movement.reversed().map_err(|_| RecordError::Failed)?;
    Ok(Posting { reverses: Some(entry.sequence), on, movement })
}

/// The sequence of an entry that has no number yet.
fn place_holder(place: usize) -> Sequence {
    i64::try_from(place).unwrap_or(i64::MAX).saturating_neg().saturating_sub(1)
}
