//! What a writer is asked to do, and what became of it.

use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::CustomerId;
use crate::domain::journal::entry::Entry;
use crate::ledger::error::Problem;

/// How to treat facts that are refused, and whether to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All or nothing.
    Strict,
    /// Like `Strict`, but stores nothing.
    Preview,
    /// Leaves out what is refused, and goes on with the rest. The entries are counted, not given.
    Lenient,
}

/// What became of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Recorded,
    /// It was there already, with the same content (R17).
    Unchanged,
}

/// Facts to record.
#[derive(Debug)]
pub(super) struct Request {
    pub facts: Vec<Fact>,
    pub mode: Mode,
    /// A customer to derive again: events have become due, or the policy is another.
    pub again: Option<CustomerId>,
    /// Who asks.
    pub author: Actor,
}

/// What became of a request.
#[derive(Debug, Default, Clone)]
pub struct Recorded {
    /// One for each fact, in the order of the request; None where it was refused.
    pub outcomes: Vec<Option<Outcome>>,
    pub refused: Vec<Problem>,
    /// The entries that the facts brought; for repeats those that they brought when they were recorded. In a preview
    /// their sequence is 0. The first [`MAX_GIVEN`].
    pub entries: Vec<Entry>,
    /// How many there are, also beyond the first.
    pub entry_count: usize,
    /// How many new entries there are.
    pub new_entries: usize,
}

/// The most entries that are given to whoever recorded facts; they can be listed.
pub const MAX_GIVEN: usize = 1_000;

impl Recorded {
    /// Puts the entries of an earlier recording before the others.
    pub(super) fn precede(&mut self, earlier: Vec<Entry>, count: usize) {
        let later = std::mem::replace(&mut self.entries, earlier);
        self.entries.extend(later);
        self.entries.truncate(MAX_GIVEN);
        self.entry_count = self.entry_count.saturating_add(count);
    }

    pub(super) fn set(&mut self, index: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.get_mut(index) {
            *slot = Some(outcome);
        }
    }
}
