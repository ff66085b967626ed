//! R16: builds the journal entries of a recording.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::bug;
use crate::bug::Bug;
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::domain::journal::movement::Movement;
use crate::ledger::write::customer_state::CustomerState;

/// Builder of the entries of one recording.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct EntryBuilder {
    pub version: Version,
    /// Number of entries of the batch before them, which have no sequence yet either.
    pub unnumbered: usize,
    pub now: DateTime<Utc>,
}

/// An entry to build.
struct NewEntry {
    reverses: Option<Sequence>,
    posting_date: NaiveDate,
    movement: Movement,
}

impl EntryBuilder {
    /// Posts reversals, then new movements.
    pub fn post(
        self,
        customer: &CustomerState,
        reversals: Vec<Sequence>,
        movements: Vec<Movement>,
    ) -> Result<Vec<Entry>, Bug> {
        let mut entries = Vec::with_capacity(reversals.len() + movements.len());
        let reversals: HashSet<Sequence> = reversals.into_iter().collect();
        for entry in customer.live_entries.iter().filter(|entry| reversals.contains(&entry.sequence)) {
            // On the date of the entry, unless that is closed. After a reopening that date can lie in a later month than
            // the movement's own.
            entries.push(reversal(entry, customer.books.posting_date(entry.posting_date))?);
        }
        entries.extend(movements.into_iter().map(|movement| NewEntry {
            reverses: None,
            posting_date: customer.books.posting_date(movement.effective_date),
            movement,
        }));
        self.build(entries)
    }

    /// Moves the entries before `to` that are provisional after today to that date. Reversal and entry count from the
    /// same day on, so the movement never counts on its former date.
    pub fn carry_over(self, customer: &CustomerState, today: NaiveDate, to: NaiveDate) -> Result<Vec<Entry>, Bug> {
        let is_carried = |entry: &&Entry| {
            entry.movement.provisional_until.is_some_and(|until| until > today) && entry.posting_date < to
        };
        let mut entries = Vec::new();
        for entry in customer.live_entries.iter().filter(is_carried) {
            entries.push(reversal(entry, entry.posting_date)?);
            entries.push(NewEntry { reverses: None, posting_date: to, movement: entry.movement.clone() });
        }
        self.build(entries)
    }

    fn build(self, entries: Vec<NewEntry>) -> Result<Vec<Entry>, Bug> {
        let entries = entries.into_iter().enumerate().map(|(index, entry)| {
            Ok(Entry {
                sequence: placeholder(self.unnumbered + index)?,
                version: self.version,
                recorded_at: self.now,
                posting_date: entry.posting_date,
                reverses: entry.reverses,
                movement: entry.movement,
            })
        });
        entries.collect()
    }
}

fn reversal(entry: &Entry, posting_date: NaiveDate) -> Result<NewEntry, Bug> {
    // The one amount without an opposite is beyond the results of a replay.
    let reversed = entry.movement.reversed();
    let movement = reversed.map_err(|error| bug!("movement {} cannot be reversed: {error}", entry.sequence))?;
    Ok(NewEntry { reverses: Some(entry.sequence), posting_date, movement })
}

/// Placeholder for the sequence of an entry, by its index in the batch: −1, −2, …
fn placeholder(index: usize) -> Result<Sequence, Bug> {
    let index = i64::try_from(index).map_err(|_| bug!("entry {index} of one batch"))?;
    // The complement maps 0, 1, … to −1, −2, … without overflow.
    Ok(!index)
}

/// Index of an entry in the batch, if its sequence is a placeholder.
pub(in crate::ledger) fn placeholder_index(sequence: Sequence) -> Option<usize> {
    usize::try_from(!sequence).ok()
}
