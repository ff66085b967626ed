//! Overrides from CSV: one a row, with the line on which it stands.

use std::collections::{BTreeMap, HashMap};

use csv::{ReaderBuilder, StringRecord};
use deltabook::grpc::v1;

use super::problems::Problems;

/// The columns, and whether a file may be without them.
const COLUMNS: [(&str, bool); 9] = [
    ("customer_id", false),
    ("cause", false),
    ("line_id", true),
    ("change_order_id", true),
    ("date", true),
    ("modification_type", false),
    ("levels", true),
    ("subcategory", true),
    ("reason", false),
];

/// Excel begins a file with it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// An override, and its line in the file.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    pub request: v1::OverrideModificationTypeRequest,
}

/// Where the columns are.
type Header = BTreeMap<&'static str, usize>;

/// Every row that can be read; what is wrong with the others goes to the problems.
pub fn read(bytes: &[u8], problems: &mut Problems) -> Vec<Row> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut header: Option<Header> = None;
    let mut rows: Vec<Row> = Vec::new();
    let mut heard: HashMap<(String, Option<v1::Cause>), u64> = HashMap::new();
    let (mut record, mut lines) = (StringRecord::new(), Lines { bytes, counted: 0, line: 1 });
    loop {
        let line = lines.at(reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Err(_) => problems.add(line, "", "is not UTF-8"),
            Ok(true) => match &header {
                None => match read_header(&record, line, problems) {
                    Some(found) => header = Some(found),
                    None => return Vec::new(),
                },
                Some(header) => {
                    let before = problems.count();
                    let request = read_row(&record, header, line, problems);
                    let earlier = heard.insert((request.customer_id.clone(), request.cause.clone()), line);
                    if let Some(earlier) = earlier {
                        problems.add(line, "cause", format!("is that of line {earlier} already"));
                    }
                    if problems.count() == before {
                        rows.push(Row { line, request });
                    }
                }
            },
        }
    }
    if header.is_none() {
        problems.add(1, "", "has no header");
    }
    rows
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

fn read_header(record: &StringRecord, line: u64, problems: &mut Problems) -> Option<Header> {
    let before = problems.count();
    let mut header = Header::new();
    for (place, name) in record.iter().enumerate() {
        let name = name.trim();
        match COLUMNS.iter().find(|(known, _)| *known == name) {
            None => problems.add(line, name, "is not a column of overrides"),
            Some((known, _)) if header.insert(known, place).is_some() => problems.add(line, name, "is there twice"),
            Some(_) => {}
        }
    }
    for (name, is_optional) in COLUMNS {
        if !is_optional && !header.contains_key(name) {
            problems.add(line, name, "is not among the columns");
        }
    }
    (problems.count() == before).then_some(header)
}

fn read_row(
    record: &StringRecord,
    header: &Header,
    line: u64,
    problems: &mut Problems,
) -> v1::OverrideModificationTypeRequest {
    if record.len() != header.len() {
        problems.add(line, "", format!("has {} fields, the header has {}", record.len(), header.len()));
    }
    let text = |column: &str| header.get(column).and_then(|place| record.get(*place)).unwrap_or_default().trim();
    let mut number = |column: &str, word: &str, value: Option<i32>| {
        if value.is_none() && !word.is_empty() {
            problems.add(line, column, format!("{word:?} is not a known word"));
        }
        value.unwrap_or_default()
    };
    let named = |prefix: &str, word: &str| format!("{prefix}{}", word.to_uppercase());
    let (kind, modification, subcategory) = (text("cause"), text("modification_type"), text("subcategory"));
    let kind = number("cause", kind, v1::CauseKind::from_str_name(&named("CAUSE_KIND_", kind)).map(i32::from));
    let modification_type = v1::ModificationType::from_str_name(&named("MODIFICATION_TYPE_", modification));
    let modification_type = number("modification_type", modification, modification_type.map(i32::from));
    let found = v1::ImpactSubcategory::from_str_name(&named("IMPACT_SUBCATEGORY_", subcategory));
    let subcategory = number("subcategory", subcategory, found.map(i32::from));
    let levels = text("levels").split([';', ' ']).filter(|level| !level.is_empty());
    let levels = levels.map(|level| {
        let found = v1::Level::from_str_name(&named("LEVEL_", level)).map(i32::from);
        number("levels", level, found)
    });
    v1::OverrideModificationTypeRequest {
        levels: levels.collect(),
        customer_id: text("customer_id").to_owned(),
        cause: Some(v1::Cause {
            kind,
            line_id: text("line_id").to_owned(),
            change_order_id: text("change_order_id").to_owned(),
            date: text("date").to_owned(),
            subscription_id: String::new(),
        }),
        modification_type,
        subcategory,
        reason: text("reason").to_owned(),
        ..v1::OverrideModificationTypeRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "customer_id,cause,change_order_id,modification_type,reason";

    #[track_caller]
    fn check(text: &str, expected: &[(u64, &str)], problem_count: usize) {
        let mut problems = Problems::of("overrides.csv");
        let rows = read(text.as_bytes(), &mut problems);
        let found: Vec<(u64, &str)> = rows.iter().map(|row| (row.line, row.request.customer_id.as_str())).collect();
        assert_eq!((found.as_slice(), problems.count()), (expected, problem_count), "{text}");
    }

    #[test]
    fn rows_know_their_lines_and_problems_are_counted() {
        let good = "acme,change_order,O1,IGNORED,\"two\nlines\"";
        check(
            &format!("\u{feff}{HEADER}\r\n\r\n{good}\nglobex,CHANGE_ORDER,O1,ignored,why\n"),
            &[(3, "acme"), (5, "globex")],
            0,
        );
        check(&format!("{HEADER}\n{good}\n{good}\n"), &[(2, "acme")], 1);
        check(&format!("{HEADER}\nacme,ORDER,O1,IGNORE,why\n"), &[], 2);
        check(&format!("{HEADER}\nacme,CHANGE_ORDER\n"), &[], 1);
        check("customer_id,cause,colour\n", &[], 3);
        check("", &[], 1);
    }
}
