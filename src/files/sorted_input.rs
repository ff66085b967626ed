//! Inputs that are not sorted by customer: cut into records, sorted, and read as facts only then.

use std::borrow::Cow;
use std::io;
use std::ops::ControlFlow::{Break, Continue};

use crate::codec::validation::Violation;
use crate::files::by_customer::{PieceOf, ReadError};
use crate::files::chunks::{STRETCH_BYTES, Stretch};
use crate::files::csv::columns::Columns;
use crate::files::csv::rows::{self, Rows};
use crate::files::customer_batch::Problem;
use crate::files::external_sort::{Merge, Record, Sorting};
use crate::files::input::{Layout, Piece};
use crate::files::json::lines;
use crate::files::parallel_map::in_order;
use crate::files::parsed_fact::Reading;

/// All records by customer, some at a time; and what is no record at all.
pub(super) struct Sorted {
    pub records: Pieces,
    pub problems: Vec<Problem>,
}

/// Sorts the records of all inputs.
///
/// # Errors
/// An input cannot be read, or a temporary file cannot be written.
pub(super) fn sort(
    layouts: &[Layout],
    pieces: impl Iterator<Item = PieceOf> + Send,
    run_bytes: usize,
) -> Result<Sorted, ReadError> {
    let mut sorting = Sorting::new(run_bytes);
    let mut problems = Vec::new();
    let mut ended = Ok(());
    let cut = |piece: PieceOf| piece.map(|(file, piece)| Records::of(file, layouts.get(file), piece));
    in_order(pieces, cut, |records| {
        ended = records.and_then(|records| {
            problems.extend(records.problems);
            Ok(records.records.into_iter().try_for_each(|record| sorting.add(record))?)
        });
        if ended.is_ok() { Continue(()) } else { Break(()) }
    });
    ended?;
    Ok(Sorted { records: Pieces(sorting.finish()?), problems })
}

/// Sorted records, in pieces that are worth a worker's while.
pub(super) struct Pieces(Merge);

impl Iterator for Pieces {
    type Item = io::Result<Vec<Record>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut records, mut bytes) = (Vec::new(), 0_usize);
        while bytes < STRETCH_BYTES {
            match self.0.next() {
                Some(Ok(record)) => {
                    bytes = bytes.saturating_add(record.text.len());
                    records.push(record);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        (!records.is_empty()).then_some(Ok(records))
    }
}

/// The records of a piece.
#[derive(Default)]
struct Records {
    records: Vec<Record>,
    problems: Vec<Problem>,
}

impl Records {
    fn of(file: usize, layout: Option<&Layout>, piece: Piece) -> Self {
        let mut records = Self::default();
        match (piece, layout) {
            (Piece::Readings(readings), _) => readings.into_iter().for_each(|reading| records.add_fact(file, reading)),
            (Piece::Stretch(stretch), Some(Layout::Csv(columns))) => records.add_rows(file, columns, &stretch),
            (Piece::Stretch(stretch), _) => {
                for (line, text) in lines::lines(&stretch) {
                    let customer = lines::customer(text).unwrap_or_default();
                    records.add(Record { customer, file, line, path: String::new(), text: text.to_vec() });
                }
            }
        }
        records
    }

    fn add(&mut self, record: Record) {
        self.records.push(record);
    }

    fn refuse(&mut self, file: usize, line: u64, violation: Violation) {
        self.problems.push(Problem { file, line, violation });
    }

    /// A fact of a document, as a line of its own.
    fn add_fact(&mut self, file: usize, reading: Reading) {
        let place = reading.place.clone();
        match reading.decode().map(|fact| (fact.customer_id().to_string(), serde_json::to_vec(&reading.fact))) {
            Ok((customer, Ok(text))) => {
                self.add(Record { customer, file, line: place.line, path: place.path.into_owned(), text });
            }
            Ok((_, Err(error))) => {
                let violation = Violation { field: place.path.into_owned(), description: error.to_string() };
                self.refuse(file, place.line, violation);
            }
            Err(violations) => {
                for violation in violations {
                    self.refuse(file, place.line, violation);
                }
            }
        }
    }

    /// Rows are written anew: each of them can then be read behind any other.
    fn add_rows(&mut self, file: usize, columns: &Columns, stretch: &Stretch) {
        let mut rows = Rows::of(stretch);
        while let Some((line, row)) = rows.next() {
            match row {
                Ok(row) => {
                    let customer = columns.customer_id.of(row).to_owned();
                    self.add(Record { customer, file, line, path: String::new(), text: rows::written(row) });
                }
                Err(description) => {
                    let violation = Violation { field: String::new(), description: description.to_owned() };
                    self.refuse(file, line, violation);
                }
            }
        }
    }
}

/// Reads records as facts.
pub(super) fn read_records(layouts: &[Layout], records: Vec<Record>, mut each: impl FnMut(usize, &Reading)) {
    for records in records.chunk_by(|a, b| a.file == b.file) {
        let file = records.first().map_or(0, |record| record.file);
        match layouts.get(file) {
            Some(Layout::Csv(columns)) => {
                let bytes = records.iter().flat_map(|record| &record.text).copied().collect();
                let stretch = Stretch { line: 1, bytes };
                let (mut rows, mut reading) = (Rows::of(&stretch), Reading::default());
                for record in records {
                    if let Some((_, row)) = rows.next() {
                        rows::read(columns, record.line, row, &mut reading);
                        each(file, &reading);
                    }
                }
            }
            _ => {
                for record in records {
                    let mut reading = lines::reading(record.line, &record.text);
                    if !record.path.is_empty() {
                        reading.place.path = Cow::Owned(record.path.clone());
                    }
                    each(file, &reading);
                }
            }
        }
    }
}
