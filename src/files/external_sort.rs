//! External merge sort of records by customer, for inputs that are not sorted: runs sorted in memory, written to
//! temporary files, and merged.

use crate::codec::validation::Violation;
use crate::files::by_customer::{PieceOf, ReadError};
use crate::files::chunks::{CHUNK_BYTES, Chunk};
use crate::files::csv::columns::Columns;
use crate::files::csv::rows::{self, Rows};
use crate::files::customer_batch::LocatedViolation;
use crate::files::input::{Layout, Piece};
use crate::files::json::lines;
use crate::files::parallel_map::map_in_order;
use crate::files::parsed_fact::ParsedFact;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::ops::ControlFlow::{Break, Continue};
use std::{mem, vec};

/// Bytes of records sorted in memory at once.
pub(super) const RUN_BYTES: usize = 24 << 20;
/// Memory of a record beside its text.
const RECORD_BYTES: usize = mem::size_of::<Record>() + 32;
/// Sorted files merged at once.
const MAX_RUNS: usize = 64;
const BUFFER_BYTES: usize = 64 << 10;

/// A fact as the text of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Empty where the customer cannot be seen in the text.
    pub customer: String,
    pub file: usize,
    pub line: u64,
    /// The field of a document that holds it.
    pub path: String,
    pub text: Vec<u8>,
}

/// Sorts records by customer; stable: those of one customer stay in the order of the input.
#[derive(Debug)]
pub(super) struct ExternalSort {
    run_bytes: usize,
    bytes: usize,
    records: Vec<Record>,
    /// Sorted files, the larger ones first: those of each level hold [`MAX_RUNS`] of the next one.
    levels: Vec<Vec<File>>,
}

impl ExternalSort {
    pub fn new(run_bytes: usize) -> Self {
        Self { run_bytes, bytes: 0, records: Vec::new(), levels: vec![Vec::new()] }
    }

    pub fn add(&mut self, record: Record) -> io::Result<()> {
        let size = record.customer.len().saturating_add(record.text.len()).saturating_add(RECORD_BYTES);
        self.bytes = self.bytes.saturating_add(size);
        self.records.push(record);
        if self.bytes < self.run_bytes {
            return Ok(());
        }
        self.bytes = 0;
        let run = write_run(self.sorted().map(Ok))?;
        self.add_run(run)
    }

    /// All records.
    pub fn finish(mut self) -> io::Result<RunMerge> {
        let mut runs: Vec<Run> = Vec::new();
        for file in mem::take(&mut self.levels).into_iter().flatten() {
            runs.push(Run::written(file)?);
        }
        // The last records of the input: of one customer they are the last too.
        runs.push(Run::InMemory(self.sorted()));
        RunMerge::of(runs)
    }

    fn sorted(&mut self) -> vec::IntoIter<Record> {
        let mut records = mem::take(&mut self.records);
        records.sort_by(|a, b| a.customer.cmp(&b.customer));
        records.into_iter()
    }

    /// Adds a file; a full level is merged into one file of the next.
    fn add_run(&mut self, mut run: File) -> io::Result<()> {
        for level in self.levels.iter_mut().rev() {
            level.push(run);
            if level.len() < MAX_RUNS {
                return Ok(());
            }
            run = write_run(RunMerge::of(level.drain(..).map(Run::written).collect::<io::Result<_>>()?)?)?;
        }
        self.levels.insert(0, vec![run]);
        Ok(())
    }
}

/// Sorted records.
#[derive(Debug)]
enum Run {
    InMemory(vec::IntoIter<Record>),
    Written(BufReader<File>),
}

impl Run {
    fn written(mut file: File) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self::Written(BufReader::with_capacity(BUFFER_BYTES, file)))
    }

    fn next(&mut self) -> io::Result<Option<Record>> {
        match self {
            Self::InMemory(records) => Ok(records.next()),
            Self::Written(file) => {
                let is_over = file.fill_buf()?.is_empty();
                if is_over { Ok(None) } else { Record::read(file).map(Some) }
            }
        }
    }
}

/// Merges several runs.
#[derive(Debug)]
pub(super) struct RunMerge {
    runs: Vec<Run>,
    heads: BinaryHeap<Head>,
}

/// The next record of a run.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    record: Record,
    run: usize,
}

impl RunMerge {
    fn of(mut runs: Vec<Run>) -> io::Result<Self> {
        let mut heads = BinaryHeap::new();
        for (run, records) in runs.iter_mut().enumerate() {
            heads.extend(records.next()?.map(|record| Head { record, run }));
        }
        Ok(Self { runs, heads })
    }

    fn take(&mut self) -> io::Result<Option<Record>> {
        let Some(Head { record, run }) = self.heads.pop() else { return Ok(None) };
        if let Some(records) = self.runs.get_mut(run) {
            self.heads.extend(records.next()?.map(|record| Head { record, run }));
        }
        Ok(Some(record))
    }
}

impl Iterator for RunMerge {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.take().transpose()
    }
}

impl Ord for Head {
    /// Reversed, since the heap pops the greatest: the first customer, from the earliest run.
    fn cmp(&self, other: &Self) -> Ordering {
        (&other.record.customer, other.run).cmp(&(&self.record.customer, self.run))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes records to an unlinked temporary file, of which nothing remains after a crash.
fn write_run(records: impl Iterator<Item = io::Result<Record>>) -> io::Result<File> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile()?);
    for record in records {
        record?.write(&mut out)?;
    }
    Ok(out.into_inner()?)
}

impl Record {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let file = u64::try_from(self.file).map_err(io::Error::other)?;
        out.write_all(&file.to_le_bytes())?;
        out.write_all(&self.line.to_le_bytes())?;
        for part in [self.customer.as_bytes(), self.path.as_bytes(), &self.text] {
            let length = u64::try_from(part.len()).map_err(io::Error::other)?;
            out.write_all(&length.to_le_bytes())?;
            out.write_all(part)?;
        }
        Ok(())
    }

    fn read(input: &mut impl Read) -> io::Result<Self> {
        let file = usize::try_from(read_number(input)?).map_err(io::Error::other)?;
        let line = read_number(input)?;
        let customer = String::from_utf8(read_part(input)?).map_err(io::Error::other)?;
        let path = String::from_utf8(read_part(input)?).map_err(io::Error::other)?;
        Ok(Self { customer, file, line, path, text: read_part(input)? })
    }
}

fn read_number(input: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn read_part(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut part = vec![0; usize::try_from(read_number(input)?).map_err(io::Error::other)?];
    input.read_exact(&mut part)?;
    Ok(part)
}

/// Records by customer, in pieces; and the violations of text that is no record.
pub(super) struct Sorted {
    pub records: SortedPieces,
    pub problems: Vec<LocatedViolation>,
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
    let mut sorting = ExternalSort::new(run_bytes);
    let mut problems = Vec::new();
    let mut ended = Ok(());
    let cut = |piece: PieceOf| piece.map(|(file, piece)| PieceRecords::of(file, layouts.get(file), piece));
    map_in_order(pieces, cut, |records| {
        ended = records.and_then(|records| {
            problems.extend(records.problems);
            Ok(records.records.into_iter().try_for_each(|record| sorting.add(record))?)
        });
        if ended.is_ok() { Continue(()) } else { Break(()) }
    });
    ended?;
    Ok(Sorted { records: SortedPieces(sorting.finish()?), problems })
}

/// Sorted records in pieces of the size of a chunk.
pub(super) struct SortedPieces(RunMerge);

impl Iterator for SortedPieces {
    type Item = io::Result<Vec<Record>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut records, mut bytes) = (Vec::new(), 0_usize);
        while bytes < CHUNK_BYTES {
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

/// Records of a piece.
#[derive(Default)]
struct PieceRecords {
    records: Vec<Record>,
    problems: Vec<LocatedViolation>,
}

impl PieceRecords {
    fn of(file: usize, layout: Option<&Layout>, piece: Piece) -> Self {
        let mut records = Self::default();
        match (piece, layout) {
            (Piece::ParsedFacts(parsed_facts), _) => {
                for parsed in parsed_facts {
                    records.add_fact(file, parsed);
                }
            }
            (Piece::Chunk(chunk), Some(Layout::Csv(columns))) => records.add_rows(file, columns, &chunk),
            (Piece::Chunk(chunk), _) => {
                for (line, text) in lines::lines(&chunk) {
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
        self.problems.push(LocatedViolation { file, line, violation });
    }

    /// A fact of a document, as a line of its own.
    fn add_fact(&mut self, file: usize, parsed: ParsedFact) {
        let place = parsed.place.clone();
        match parsed.decode().map(|fact| (fact.customer_id().to_string(), serde_json::to_vec(&parsed.fact))) {
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

    /// Rewrites rows so that each can be parsed after any other.
    fn add_rows(&mut self, file: usize, columns: &Columns, chunk: &Chunk) {
        let mut rows = Rows::of(chunk);
        while let Some((line, row)) = rows.next() {
            match row {
                Ok(row) => {
                    let customer = columns.customer_id.of(row).to_owned();
                    self.add(Record { customer, file, line, path: String::new(), text: rows::to_csv(row) });
                }
                Err(description) => {
                    let violation = Violation { field: String::new(), description: description.to_owned() };
                    self.refuse(file, line, violation);
                }
            }
        }
    }
}

/// Parses records as facts.
pub(super) fn read_records(layouts: &[Layout], records: Vec<Record>, mut each: impl FnMut(usize, &ParsedFact)) {
    for records in records.chunk_by(|a, b| a.file == b.file) {
        let file = records.first().map_or(0, |record| record.file);
        match layouts.get(file) {
            Some(Layout::Csv(columns)) => {
                let bytes = records.iter().flat_map(|record| &record.text).copied().collect();
                let chunk = Chunk { line: 1, bytes };
                let (mut rows, mut parsed) = (Rows::of(&chunk), ParsedFact::default());
                for record in records {
                    if let Some((_, row)) = rows.next() {
                        rows::read(columns, record.line, row, &mut parsed);
                        each(file, &parsed);
                    }
                }
            }
            _ => {
                for record in records {
                    let mut parsed = lines::parse_line(record.line, &record.text);
                    if !record.path.is_empty() {
                        parsed.place.path = Cow::Owned(record.path.clone());
                    }
                    each(file, &parsed);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_by_customer_in_the_order_of_the_input() {
        let mut expected: Vec<Record> = (0..10_000)
            .map(|line: u64| Record {
                customer: format!("c{}", line * 7_919 % 97),
                file: 0,
                line,
                path: String::new(),
                text: line.to_string().into_bytes(),
            })
            .collect();
        // Runs of one record, so that files are merged on the way; of some; and all in memory.
        for run_bytes in [1, 10_000, usize::MAX] {
            let mut sorting = ExternalSort::new(run_bytes);
            for record in &expected.clone() {
                sorting.add(record.clone()).unwrap();
            }
            let sorted: Vec<Record> = sorting.finish().unwrap().map(Result::unwrap).collect();
            let mut wanted = expected.clone();
            wanted.sort_by(|a, b| a.customer.cmp(&b.customer));
            assert_eq!(sorted, wanted);
        }
        expected.clear();
        assert_eq!(ExternalSort::new(1).finish().unwrap().count(), 0);
    }
}
