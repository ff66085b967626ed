//! Facts that are with the writers, of which each has those of its customers.

use tokio::sync::oneshot;

use crate::ledger::command::Recorded;
use crate::ledger::error::{Problem, RecordError};

/// Facts that were accepted, and the answers to come.
#[derive(Debug)]
#[must_use = "facts of whom nobody waits for the answer may not be recorded"]
pub struct Submitted {
    facts: usize,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// Of its facts, among all.
    places: Vec<usize>,
    answered: oneshot::Receiver<Result<Recorded, RecordError>>,
}

impl Submitted {
    pub(super) fn of(facts: usize) -> Self {
        Self { facts, parts: Vec::new() }
    }

    pub(super) fn add(&mut self, places: Vec<usize>, answered: oneshot::Receiver<Result<Recorded, RecordError>>) {
        self.parts.push(Part { places, answered });
    }

    /// Waits until all of it is recorded.
    ///
    /// # Errors
    /// What the first writer said that failed; others may have recorded their part.
    pub async fn finish(self) -> Result<Recorded, RecordError> {
        let mut all = Recorded { outcomes: vec![None; self.facts], ..Recorded::default() };
        for Part { places, answered } in self.parts {
            let part = answered.await.map_err(|_| RecordError::ShuttingDown)??;
            for (place, outcome) in places.iter().zip(part.outcomes) {
                if let Some(slot) = all.outcomes.get_mut(*place) {
                    *slot = outcome;
                }
            }
            let place = |index: usize| places.get(index).copied().unwrap_or_default();
            let refused = part.refused.into_iter();
            all.refused.extend(refused.map(|problem| Problem { index: place(problem.index), ..problem }));
            all.new_entries = all.new_entries.saturating_add(part.new_entries);
        }
        all.refused.sort_by_key(|problem| problem.index);
        Ok(all)
    }
}
