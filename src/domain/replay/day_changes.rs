//! One date: what happened on it, and what it is to become.

use chrono::NaiveDate;

use crate::domain::classify::atom::{Atom, Pause, Position, RenewalMark};
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::{Cause, Level};

/// What happened on one date.
pub(in crate::domain) struct Day<'s, 'f> {
    pub date: NaiveDate,
    pub atoms: &'s [Atom<'f>],
    pub renewals: &'s [RenewalMark<'f>],
    pub pauses: &'s [Pause<'f>],
}

/// A movement before it is named.
pub(in crate::domain) struct Draft<'f> {
    pub level: Level,
    pub date: NaiveDate,
    pub line: Option<usize>,
    pub subscription: usize,
    pub item_id: &'f ItemId,
    pub currency: Currency,
    pub before: Position,
    pub after: Position,
    pub causes: Vec<(u8, Cause)>,
    /// What it is made of; of a group's atoms only for those who ask.
    pub parts: Vec<Part>,
}

/// The place of something that happened in the lists of its [`Day`].
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) enum Part {
    Atom(usize),
    Renewal(usize),
    Pause(usize),
}
