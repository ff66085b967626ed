//! CSV reader: cells by column name, rows with their line numbers.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

use crate::cli::shared::diagnostics::Diagnostics;

/// Byte order mark that Excel writes at the start of a file.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The expected columns of a file.
pub struct CsvSchema {
    /// Plural name of the rows in messages, for example "overrides".
    pub name: &'static str,
    /// Column names, each with `true` if it is optional.
    pub columns: &'static [(&'static str, bool)],
}

/// Position of each column.
type ColumnPositions = BTreeMap<&'static str, usize>;

/// A row.
pub struct CsvRow<'r> {
    record: &'r StringRecord,
    header: &'r ColumnPositions,
    /// Number of diagnostics found before this row.
    pub diagnostics_before: usize,
}

impl<'r> CsvRow<'r> {
    /// The trimmed text of a cell; empty if the file lacks the column.
    pub fn text(&self, column: &str) -> &'r str {
        self.header.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default().trim()
    }
}

/// Calls `show` for every row with its line number; reports malformed rows as diagnostics.
pub fn read_rows(
    bytes: &[u8],
    schema: &CsvSchema,
    diagnostics: &mut Diagnostics,
    mut show: impl FnMut(u64, &CsvRow<'_>, &mut Diagnostics),
) {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut header: Option<ColumnPositions> = None;
    let (mut record, mut lines) = (StringRecord::new(), Lines { bytes, counted: 0, line: 1 });
    loop {
        let line = lines.at(reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Err(_) => diagnostics.add(line, "", "is not UTF-8"),
            Ok(true) => match &header {
                None => match read_header(&record, schema, line, diagnostics) {
                    Some(found) => header = Some(found),
                    None => return,
                },
                Some(header) => {
                    let diagnostics_before = diagnostics.count();
                    if record.len() != header.len() {
                        let wrong = format!("has {} fields, the header has {}", record.len(), header.len());
                        diagnostics.add(line, "", wrong);
                    }
                    show(line, &CsvRow { record: &record, header, diagnostics_before }, diagnostics);
                }
            },
        }
    }
    if header.is_none() {
        diagnostics.add(1, "", "has no header");
    }
}

/// Line counter: the csv crate's own line numbers are too low after empty lines.
struct Lines<'b> {
    bytes: &'b [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line number of the record at an offset, after any empty lines.
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

fn read_header(
    record: &StringRecord,
    schema: &CsvSchema,
    line: u64,
    diagnostics: &mut Diagnostics,
) -> Option<ColumnPositions> {
    let before = diagnostics.count();
    let mut header = ColumnPositions::new();
    for (place, name) in record.iter().enumerate() {
        let name = name.trim();
        match schema.columns.iter().find(|(known, _)| *known == name) {
            None => diagnostics.add(line, name, format!("is not a column of {}", schema.name)),
            Some((known, _)) if header.insert(known, place).is_some() => {
                diagnostics.add(line, name, "is a duplicate column");
            }
            Some(_) => {}
        }
    }
    for (name, is_optional) in schema.columns {
        if !is_optional && !header.contains_key(name) {
            diagnostics.add(line, name, "is required but missing");
        }
    }
    (diagnostics.count() == before).then_some(header)
}
