//! Commands for the writers, and their results.

use tokio::sync::oneshot;

use crate::bug;
use crate::bug::Bug;
use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::CustomerId;
use crate::domain::journal::entry::Entry;
use crate::ledger::error::{RecordError, RefusedFact};

/// Treatment of refused facts, and whether anything is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All or nothing.
    Strict,
    /// Like `Strict`, but stores nothing.
    Preview,
    /// Skips refused facts and records the rest. Entries are counted, not returned.
    Lenient,
}

/// Result of recording one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOutcome {
    Recorded,
    /// The same revision was already recorded with the same content (R17).
    Unchanged,
}

/// Work for one writer: facts to record, or a customer to replay.
#[derive(Debug)]
pub(super) struct Command {
    pub facts: Vec<Fact>,
    pub mode: Mode,
    /// Customer to replay without new facts: an event has become due, or the policy has changed.
    pub replay: Option<CustomerId>,
    pub actor: Actor,
}

/// Result of a command.
#[derive(Debug, Default, Clone)]
pub struct Recorded {
    /// One for each fact, in the order of the command; None for a refused fact.
    pub outcomes: Vec<Option<RecordOutcome>>,
    pub refused: Vec<RefusedFact>,
    /// Entries that the facts produced; for repeats, the entries of the first recording. In a preview their sequence is
    /// 0. At most [`MAX_RETURNED_ENTRIES`].
    pub entries: Vec<Entry>,
    /// Number of entries, including those that are not returned.
    pub entry_count: usize,
    /// Number of entries that are new to the journal.
    pub new_entries: usize,
}

/// Maximum number of entries in a [`Recorded`]; the others can be listed from the journal.
pub const MAX_RETURNED_ENTRIES: usize = 1_000;

impl Recorded {
    /// Result with no outcome yet for this many facts.
    pub(super) fn of_facts(count: usize) -> Self {
        Self { outcomes: vec![None; count], ..Self::default() }
    }

    /// Inserts the entries of an earlier recording before the others.
    pub(super) fn prepend(&mut self, earlier: Vec<Entry>, count: usize) {
        let later = std::mem::replace(&mut self.entries, earlier);
        self.entries.extend(later);
        self.entries.truncate(MAX_RETURNED_ENTRIES);
        self.entry_count += count;
    }

    pub(super) fn set_outcome(&mut self, index: usize, outcome: RecordOutcome) -> Result<(), Bug> {
        let count = self.outcomes.len();
        let slot = self.outcomes.get_mut(index).ok_or_else(|| bug!("outcome for fact {index} of {count}"))?;
        *slot = Some(outcome);
        Ok(())
    }
}

/// Result of a command, sent once.
pub(super) type ReplyReceiver = oneshot::Receiver<Result<Recorded, RecordError>>;

/// Facts accepted by the writers of their customers, with the results to come.
#[derive(Debug)]
#[must_use = "facts are dropped unrecorded if the result is not awaited"]
pub struct PendingRecording {
    fact_count: usize,
    parts: Vec<PendingPart>,
}

/// Facts accepted by one writer.
#[derive(Debug)]
struct PendingPart {
    /// Indices of its facts among all facts.
    indices: Vec<usize>,
    reply: ReplyReceiver,
}

impl PendingRecording {
    pub(super) fn of_facts(fact_count: usize) -> Self {
        Self { fact_count, parts: Vec::new() }
    }

    pub(super) fn add_part(&mut self, indices: Vec<usize>, reply: ReplyReceiver) {
        self.parts.push(PendingPart { indices, reply });
    }

    /// Waits until all parts are recorded, and merges their results.
    ///
    /// # Errors
    /// The first failure of a writer; other writers may have recorded their part.
    pub async fn finish(self) -> Result<Recorded, RecordError> {
        let mut all = Recorded::of_facts(self.fact_count);
        for PendingPart { indices, reply } in self.parts {
            let part = reply.await.map_err(|_| RecordError::ShuttingDown)??;
            let index_of = |part_index: usize| {
                indices.get(part_index).copied().ok_or_else(|| bug!("fact {part_index} of {}", indices.len()))
            };
            for (part_index, outcome) in part.outcomes.into_iter().enumerate() {
                if let Some(outcome) = outcome {
                    all.set_outcome(index_of(part_index)?, outcome)?;
                }
            }
            for refused in part.refused {
                all.refused.push(RefusedFact { index: index_of(refused.index)?, ..refused });
            }
            all.new_entries += part.new_entries;
        }
        all.refused.sort_by_key(|refused| refused.index);
        Ok(all)
    }
}
