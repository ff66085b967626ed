//! Recording customers as they are read: in large batches, of which several are with the writers while the next one is
//! read.

use std::collections::VecDeque;
use std::io;
use std::sync::OnceLock;

use deltabook::config::local_actor;
use deltabook::domain::actor::Actor;
use deltabook::domain::facts::fact::Fact;
use deltabook::files::by_customer::{Book, Problem, Said};
use deltabook::files::parsed_fact::Place;
use deltabook::ledger::command::PendingRecording;
use deltabook::ledger::command::{RecordOutcome, Recorded};
use deltabook::ledger::error::RecordError;
use deltabook::ledger::handle::Ledger;
use indicatif::ProgressBar;
use tokio::runtime::Handle;

use crate::cli::shared::diagnostics::Problems;

/// Facts that are handed to the writers together.
const BATCH: usize = 6_000;
/// Batches that may be with the writers.
const WINDOW: usize = 4;

/// How customers are recorded.
pub struct Importing {
    ledger: Ledger,
    runtime: Handle,
    names: Vec<String>,
    bar: ProgressBar,
    failure: OnceLock<RecordError>,
    author: Actor,
}

/// What was recorded so far.
#[derive(Default)]
pub struct Recording {
    batch: Vec<Said>,
    /// Each with where its facts stand.
    submitted: VecDeque<(Vec<(usize, Place)>, PendingRecording)>,
    imported: Imported,
}

/// What an import came to.
#[derive(Debug, Default)]
pub struct Imported {
    /// By file.
    pub refused: Vec<Problems>,
    pub recorded: u64,
    pub unchanged: u64,
    pub entries: u64,
    pub left_out: u64,
}

impl Importing {
    pub fn new(ledger: Ledger, runtime: Handle, names: Vec<String>, bar: ProgressBar) -> Self {
        Self { ledger, runtime, names, bar, failure: OnceLock::new(), author: local_actor() }
    }

    /// Why recording ended before its time.
    pub fn failure(&self) -> Option<RecordError> {
        self.failure.get().cloned()
    }

    /// Waits for what is with the writers.
    pub fn finish(&self, mut recording: Recording) -> Result<Imported, RecordError> {
        self.submit(&mut recording)?;
        while !recording.submitted.is_empty() {
            self.settle(&mut recording)?;
        }
        Ok(recording.imported)
    }

    fn submit(&self, recording: &mut Recording) -> Result<(), RecordError> {
        if recording.submitted.len() >= WINDOW {
            self.settle(recording)?;
        }
        let said = std::mem::take(&mut recording.batch);
        let (places, facts): (Vec<(usize, Place)>, Vec<Fact>) =
            said.into_iter().map(|said| ((said.file, said.place), said.fact)).unzip();
        let submitted = self.runtime.block_on(self.ledger.submit(facts, &self.author))?;
        recording.submitted.push_back((places, submitted));
        Ok(())
    }

    /// Waits for the batch that is with the writers for longest.
    fn settle(&self, recording: &mut Recording) -> Result<(), RecordError> {
        let Some((places, submitted)) = recording.submitted.pop_front() else { return Ok(()) };
        let recorded = self.runtime.block_on(submitted.finish())?;
        let imported = &mut recording.imported;
        imported.recorded = imported.recorded.saturating_add(count(&recorded, RecordOutcome::Recorded));
        imported.unchanged = imported.unchanged.saturating_add(count(&recorded, RecordOutcome::Unchanged));
        imported.entries = imported.entries.saturating_add(u64::try_from(recorded.new_entries).unwrap_or(0));
        for problem in recorded.refused {
            imported.left_out = imported.left_out.saturating_add(1);
            let Some((file, place)) = places.get(problem.index) else { continue };
            if let Some(problems) = imported.refused.get_mut(*file) {
                problems.add(place.line, &place.path, problem.text());
            }
        }
        self.bar.set_position(imported.recorded.saturating_add(imported.unchanged));
        Ok(())
    }
}

fn count(recorded: &Recorded, wanted: RecordOutcome) -> u64 {
    let count = recorded.outcomes.iter().flatten().filter(|outcome| **outcome == wanted).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Book for Importing {
    type Part = Vec<Said>;
    type Whole = Recording;

    fn begin(&self) -> Recording {
        let refused = self.names.iter().map(|name| Problems::of(name)).collect();
        Recording { imported: Imported { refused, ..Imported::default() }, ..Recording::default() }
    }

    fn customer(&self, said: Vec<Said>, part: &mut Vec<Said>) -> Result<(), Vec<Problem>> {
        part.extend(said);
        Ok(())
    }

    /// A customer's facts are never cut apart.
    fn add(&self, recording: &mut Recording, part: Vec<Said>) -> io::Result<()> {
        recording.batch.extend(part);
        if recording.batch.len() < BATCH {
            return Ok(());
        }
        self.submit(recording).map_err(|error| {
            let said = io::Error::other(error.to_string());
            // The first failure ends it.
            let _is_the_first = self.failure.set(error);
            said
        })
    }

    /// Told before, when the inputs were looked through.
    fn problem(&self, _recording: &mut Recording, _problem: Problem) {}
}
