//! Rows of CSV by the names of their columns, each with the line on which it stands.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

use crate::cli::shared::diagnostics::Problems;

/// Excel begins a file with it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a file is of.
pub struct Kind {
    /// In a few words, for what is wrong: "overrides".
    pub name: &'static str,
    /// The columns, and whether a file may be without them.
    pub columns: &'static [(&'static str, bool)],
}

/// Where the columns are.
type Header = BTreeMap<&'static str, usize>;

/// A row.
pub struct Row<'r> {
    record: &'r StringRecord,
    header: &'r Header,
    /// How many problems there were before it.
    pub problems_before: usize,
}

impl<'r> Row<'r> {
    /// A cell; empty where the file does not have the column.
    pub fn text(&self, column: &str) -> &'r str {
        self.header.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default().trim()
    }
}

/// Shows every row with its line; what is wrong with the file goes to the problems.
pub fn each_row(
    bytes: &[u8],
    kind: &Kind,
    problems: &mut Problems,
    mut show: impl FnMut(u64, &Row<'_>, &mut Problems),
) {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut header: Option<Header> = None;
    let (mut record, mut lines) = (StringRecord::new(), Lines { bytes, counted: 0, line: 1 });
    loop {
        let line = lines.at(reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Err(_) => problems.add(line, "", "is not UTF-8"),
            Ok(true) => match &header {
                None => match read_header(&record, kind, line, problems) {
                    Some(found) => header = Some(found),
                    None => return,
                },
                Some(header) => {
                    let problems_before = problems.count();
                    if record.len() != header.len() {
                        let wrong = format!("has {} fields, the header has {}", record.len(), header.len());
                        problems.add(line, "", wrong);
                    }
                    show(line, &Row { record: &record, header, problems_before }, problems);
                }
            },
        }
    }
    if header.is_none() {
        problems.add(1, "", "has no header");
    }
}

/// Counts lines: the csv crate's own numbers fall behind after empty ones.
struct Lines<'b> {
    bytes: &'b [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that begins at an offset, or behind empty lines from there.
    fn at(&mut self, offset: u64) -> u64 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.bytes.get(offset..).unwrap_or_default();
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = offset.saturating_add(empty);
        let passed = self.bytes.get(self.counted..start).unwrap_or_default();
        let feeds = memchr::memchr_iter(b'\n', passed).count();
        self.line = self.line.saturating_add(u64::try_from(feeds).unwrap_or_default());
        self.counted = start;
        self.line
    }
}

fn read_header(record: &StringRecord, kind: &Kind, line: u64, problems: &mut Problems) -> Option<Header> {
    let before = problems.count();
    let mut header = Header::new();
    for (place, name) in record.iter().enumerate() {
        let name = name.trim();
        match kind.columns.iter().find(|(known, _)| *known == name) {
            None => problems.add(line, name, format!("is not a column of {}", kind.name)),
            Some((known, _)) if header.insert(known, place).is_some() => problems.add(line, name, "is there twice"),
            Some(_) => {}
        }
    }
    for (name, is_optional) in kind.columns {
        if !is_optional && !header.contains_key(name) {
            problems.add(line, name, "is not among the columns");
        }
    }
    (problems.count() == before).then_some(header)
}
