//! The changes of one date, and movements before they are named.

use chrono::NaiveDate;

use crate::domain::classify::atom::{Atom, Position, RenewalMark, SuspensionMark};
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::{Cause, Level};
use crate::domain::replay::arena::{AtomIndex, LineIndex, Slice, SubscriptionIndex};

/// The changes of one date, each list by line.
pub(in crate::domain) struct DayChanges<'s, 'f> {
    pub date: NaiveDate,
    pub atoms: Slice<'s, AtomIndex, Atom<'f>>,
    pub renewals: &'s [RenewalMark<'f>],
    pub suspensions: &'s [SuspensionMark<'f>],
    /// The atoms, line by line.
    pub lines: Vec<LineChanges<'s, 'f>>,
}

/// The atoms of one line on one date.
pub(in crate::domain) struct LineChanges<'s, 'f> {
    pub first: &'s Atom<'f>,
    pub last: &'s Atom<'f>,
}

impl<'s, 'f> DayChanges<'s, 'f> {
    pub fn new(
        date: NaiveDate,
        atoms: &'s [Atom<'f>],
        renewals: &'s [RenewalMark<'f>],
        suspensions: &'s [SuspensionMark<'f>],
    ) -> Self {
        let mut lines: Vec<LineChanges<'s, 'f>> = Vec::new();
        for atom in atoms {
            match lines.last_mut() {
                Some(line) if line.first.line == atom.line => line.last = atom,
                Some(_) | None => lines.push(LineChanges { first: atom, last: atom }),
            }
        }
        Self { date, atoms: Slice::of(atoms), renewals, suspensions, lines }
    }

    /// The item that a line sells after the date: that of its last atom, or, for a line without atoms, the given one.
    pub fn item_after(&self, line: LineIndex, unchanged: &'f ItemId) -> &'f ItemId {
        let found = self.lines.binary_search_by_key(&line, |changes| changes.first.line);
        let changes = found.ok().and_then(|place| self.lines.get(place));
        changes.map_or(unchanged, |changes| changes.last.after.terms.item_id)
    }
}

/// A movement before it is named.
pub(in crate::domain) struct MovementDraft<'s, 'f> {
    pub level: Level,
    pub date: NaiveDate,
    pub line: Option<LineIndex>,
    /// None for all of a customer's lines of an item.
    pub subscription: Option<SubscriptionIndex>,
    pub item_id: &'f ItemId,
    pub currency: Currency,
    pub before: Position,
    pub after: Position,
    /// Each with the rank of its event (R4).
    pub causes: Vec<(u8, Cause)>,
    pub components: Vec<Component<'s, 'f>>,
}

/// A change that a movement is made of.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) enum Component<'s, 'f> {
    Atom(&'s Atom<'f>),
    Renewal(&'s RenewalMark<'f>),
    Suspension(&'s SuspensionMark<'f>),
}
