//! Records customers in large batches. Several batches are in flight while the next one is read.

use std::collections::VecDeque;
use std::io;
use std::sync::OnceLock;

use deltabook::config::local_actor;
use deltabook::domain::actor::Actor;
use deltabook::domain::facts::fact::Fact;
use deltabook::files::by_customer::{CustomerFold, LocatedFact, LocatedViolation};
use deltabook::files::parsed_fact::Place;
use deltabook::ledger::command::PendingRecording;
use deltabook::ledger::command::{RecordOutcome, Recorded};
use deltabook::ledger::error::RecordError;
use deltabook::ledger::handle::Ledger;
use indicatif::ProgressBar;
use tokio::runtime::Handle;

use crate::cli::shared::diagnostics::Diagnostics;

/// Facts per batch.
const BATCH_SIZE: usize = 6_000;
/// Maximum number of batches in flight.
const MAX_IN_FLIGHT: usize = 4;

/// Settings and state of an import.
pub struct Importer {
    ledger: Ledger,
    runtime: Handle,
    names: Vec<String>,
    bar: ProgressBar,
    failure: OnceLock<RecordError>,
    author: Actor,
}

/// Progress of an import.
#[derive(Default)]
pub struct ImportProgress {
    batch: Vec<LocatedFact>,
    /// Batches in flight, with the places of their facts.
    submitted: VecDeque<(Vec<(usize, Place)>, PendingRecording)>,
    summary: ImportSummary,
}

/// Result of an import.
#[derive(Debug, Default)]
pub struct ImportSummary {
    /// Refused facts of each file.
    pub refused: Vec<Diagnostics>,
    pub recorded: u64,
    pub unchanged: u64,
    pub entries: u64,
    pub skipped: u64,
}

impl Importer {
    pub fn new(ledger: Ledger, runtime: Handle, names: Vec<String>, bar: ProgressBar) -> Self {
        Self { ledger, runtime, names, bar, failure: OnceLock::new(), author: local_actor() }
    }

    /// The error that stopped the import.
    pub fn failure(&self) -> Option<RecordError> {
        self.failure.get().cloned()
    }

    /// Waits for the batches in flight.
    pub fn finish(&self, mut progress: ImportProgress) -> Result<ImportSummary, RecordError> {
        self.submit(&mut progress)?;
        while !progress.submitted.is_empty() {
            self.settle(&mut progress)?;
        }
        Ok(progress.summary)
    }

    fn submit(&self, progress: &mut ImportProgress) -> Result<(), RecordError> {
        if progress.submitted.len() >= MAX_IN_FLIGHT {
            self.settle(progress)?;
        }
        let located = std::mem::take(&mut progress.batch);
        let (places, facts): (Vec<(usize, Place)>, Vec<Fact>) =
            located.into_iter().map(|located| ((located.file, located.place), located.fact)).unzip();
        let submitted = self.runtime.block_on(self.ledger.submit(facts, &self.author))?;
        progress.submitted.push_back((places, submitted));
        Ok(())
    }

    /// Waits for the oldest batch in flight.
    fn settle(&self, progress: &mut ImportProgress) -> Result<(), RecordError> {
        let Some((places, submitted)) = progress.submitted.pop_front() else { return Ok(()) };
        let recorded = self.runtime.block_on(submitted.finish())?;
        let summary = &mut progress.summary;
        summary.recorded = summary.recorded.saturating_add(count(&recorded, RecordOutcome::Recorded));
        summary.unchanged = summary.unchanged.saturating_add(count(&recorded, RecordOutcome::Unchanged));
        summary.entries = summary.entries.saturating_add(u64::try_from(recorded.new_entries).unwrap_or(0));
        for problem in recorded.refused {
            summary.skipped = summary.skipped.saturating_add(1);
            let Some((file, place)) = places.get(problem.index) else { continue };
            if let Some(diagnostics) = summary.refused.get_mut(*file) {
                diagnostics.add(place.line, &place.path, problem.text());
            }
        }
        self.bar.set_position(summary.recorded.saturating_add(summary.unchanged));
        Ok(())
    }
}

fn count(recorded: &Recorded, wanted: RecordOutcome) -> u64 {
    let count = recorded.outcomes.iter().flatten().filter(|outcome| **outcome == wanted).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl CustomerFold for Importer {
    type Part = Vec<LocatedFact>;
    type Whole = ImportProgress;

    fn begin(&self) -> ImportProgress {
        let refused = self.names.iter().map(|name| Diagnostics::of(name)).collect();
        ImportProgress { summary: ImportSummary { refused, ..ImportSummary::default() }, ..ImportProgress::default() }
    }

    fn customer(&self, facts: Vec<LocatedFact>, part: &mut Vec<LocatedFact>) -> Result<(), Vec<LocatedViolation>> {
        part.extend(facts);
        Ok(())
    }

    /// Adds whole customers, so that a batch never splits one.
    fn add(&self, progress: &mut ImportProgress, part: Vec<LocatedFact>) -> io::Result<()> {
        progress.batch.extend(part);
        if progress.batch.len() < BATCH_SIZE {
            return Ok(());
        }
        self.submit(progress).map_err(|error| {
            let cause = io::Error::other(error.to_string());
            // The first failure stops the import.
            let _is_the_first = self.failure.set(error);
            cause
        })
    }

    /// Reported by the first pass already.
    fn problem(&self, _recording: &mut ImportProgress, _problem: LocatedViolation) {}
}
