//! Records by customer, however many there are: sorted in memory as far as they fit, and from there on in temporary
//! files that are merged.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::{mem, vec};

/// What of the records is sorted in memory at once.
pub(super) const RUN_BYTES: usize = 24 << 20;
/// What a record takes beside its text.
const RECORD_BYTES: usize = mem::size_of::<Record>() + 32;
/// The most sorted files that are merged at once.
const MAX_RUNS: usize = 64;
const BUFFER_BYTES: usize = 64 << 10;

/// A fact as it stands in an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Whose it is, as far as that can be seen.
    pub customer: String,
    pub file: usize,
    pub line: u64,
    /// The field of a document that holds it.
    pub path: String,
    pub text: Vec<u8>,
}

/// Takes records in the order of the input and gives them back by customer, in the order of the input.
#[derive(Debug)]
pub(super) struct Sorting {
    run_bytes: usize,
    bytes: usize,
    records: Vec<Record>,
    /// Sorted files, the larger ones first: those of each level hold [`MAX_RUNS`] of the next one.
    levels: Vec<Vec<File>>,
}

impl Sorting {
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
    pub fn finish(mut self) -> io::Result<Merge> {
        let mut runs: Vec<Run> = Vec::new();
        for file in mem::take(&mut self.levels).into_iter().flatten() {
            runs.push(Run::written(file)?);
        }
        // They came last, so of one customer they are the last too.
        runs.push(Run::InMemory(self.sorted()));
        Merge::of(runs)
    }

    fn sorted(&mut self) -> vec::IntoIter<Record> {
        let mut records = mem::take(&mut self.records);
        records.sort_by(|a, b| a.customer.cmp(&b.customer));
        records.into_iter()
    }

    /// Too many files of one size make one of the next.
    fn add_run(&mut self, mut run: File) -> io::Result<()> {
        for level in self.levels.iter_mut().rev() {
            level.push(run);
            if level.len() < MAX_RUNS {
                return Ok(());
            }
            run = write_run(Merge::of(level.drain(..).map(Run::written).collect::<io::Result<_>>()?)?)?;
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

/// Several runs as one.
#[derive(Debug)]
pub(super) struct Merge {
    runs: Vec<Run>,
    heads: BinaryHeap<Head>,
}

/// The next record of a run.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    record: Record,
    run: usize,
}

impl Merge {
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

impl Iterator for Merge {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.take().transpose()
    }
}

impl Ord for Head {
    /// The greatest is taken first: of the first customer, from the earliest run.
    fn cmp(&self, other: &Self) -> Ordering {
        (&other.record.customer, other.run).cmp(&(&self.record.customer, self.run))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes records to a file that has no name, so that nothing is left of it whatever happens.
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
            let mut sorting = Sorting::new(run_bytes);
            for record in &expected.clone() {
                sorting.add(record.clone()).unwrap();
            }
            let sorted: Vec<Record> = sorting.finish().unwrap().map(Result::unwrap).collect();
            let mut wanted = expected.clone();
            wanted.sort_by(|a, b| a.customer.cmp(&b.customer));
            assert_eq!(sorted, wanted);
        }
        expected.clear();
        assert_eq!(Sorting::new(1).finish().unwrap().count(), 0);
    }
}
