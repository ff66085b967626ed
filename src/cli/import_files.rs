//! The files of an import: JSON Lines and CSV, read in batches.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::Context;
use deltabook::domain::fact::Fact;
use deltabook::files::csv_mapping::Mapping;
use deltabook::files::input::{Input, InputError};
use deltabook::files::reading::{Place, Reading};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::output::note;
use super::problems::Problems;

/// A fact, and where it stands.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The file, by its place on the command line.
    pub file: usize,
    pub place: Place,
    pub fact: Fact,
}

/// A file that could not be read whole: what is wrong with it, and with how many of its facts.
pub struct Malformed {
    pub problems: Problems,
    pub facts: usize,
}

/// Reads a file without recording it; false, and all that is wrong on stderr, if something is.
pub fn check(file: &Path, mapping: &Mapping) -> anyhow::Result<bool> {
    let mut problems = Problems::of(&file.display().to_string());
    for reading in readings(file, mapping, &ProgressBar::hidden(), true)? {
        let reading = reading?;
        let line = reading.place.line;
        if let Err(violations) = reading.decode() {
            problems.add_all(line, &violations);
        }
    }
    let is_well = problems.is_empty();
    problems.report();
    Ok(is_well)
}

/// Reads a file and hands its facts on in batches; gives back what could not be read.
pub fn read(
    (number, file): (usize, &Path),
    mapping: &Mapping,
    bar: &ProgressBar,
    batch_size: usize,
    batches: &mpsc::Sender<Vec<Placed>>,
) -> anyhow::Result<Malformed> {
    let mut malformed = Malformed { problems: Problems::of(&file.display().to_string()), facts: 0 };
    let mut batch = Vec::with_capacity(batch_size);
    for reading in readings(file, mapping, bar, false)? {
        let reading = reading?;
        let place = reading.place.clone();
        match reading.decode() {
            Ok(fact) => batch.push(Placed { file: number, place, fact }),
            Err(violations) => {
                malformed.problems.add_all(place.line, &violations);
                malformed.facts = malformed.facts.saturating_add(1);
            }
        }
        if batch.len() >= batch_size && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
            // Whoever records has failed, and says so.
            return Ok(malformed);
        }
    }
    let _recording_failed = batches.blocking_send(batch);
    Ok(malformed)
}

fn readings(
    file: &Path,
    mapping: &Mapping,
    bar: &ProgressBar,
    tell_ignored: bool,
) -> anyhow::Result<impl Iterator<Item = io::Result<Reading>>> {
    let name = file.display();
    let bytes = bar.wrap_read(File::open(file).with_context(|| format!("failed to open {name}"))?);
    let input = if is_csv(file) { Input::csv(bytes, mapping) } else { Input::json(bytes).map_err(InputError::from) };
    let input = match input {
        Err(InputError::Io(error)) => return Err(error).with_context(|| format!("failed to read {name}")),
        other => other.with_context(|| name.to_string())?,
    };
    if tell_ignored && !input.ignored().is_empty() {
        note(&format!("{name}: columns that are not read: {}", input.ignored().join(", ")));
    }
    Ok(input.readings())
}

/// By the name: what is in a file of CSV can be anything.
pub fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}
