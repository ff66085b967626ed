//! Subscription lines from CSV: one line a row, with one price step.
//!
//! The columns are the fields of a line, with the step's `quantity`, `unit_price` and `interval` beside them; columns
//! of other names are mapped by a [`Mapping`](crate::files::csv::mapping::Mapping). `amount`, the price of the whole quantity
//! before a discount, stands in for `unit_price`; `csv::price::spread` divides it.

use csv::{Reader, ReaderBuilder, StringRecord};

use crate::codec::dto::{RawFact, RawSubscriptionLine};
use crate::codec::validation::Form;
use crate::files::chunks::{Chunk, MAX_RECORD_BYTES, newlines};
use crate::files::csv::columns::Columns;
use crate::files::parsed_fact::{NOT_UTF8, ParsedFact};

/// Iterates over the rows of a chunk.
pub(in crate::files) struct Rows<'s> {
    bytes: &'s [u8],
    reader: Reader<&'s [u8]>,
    row: StringRecord,
    /// The line on which the row begins.
    line: u64,
    /// The line feeds before this offset are in `line`.
    counted: usize,
}

/// Row, or the violation that makes it unreadable.
pub(in crate::files) type Row<'r> = Result<&'r StringRecord, &'static str>;

impl<'s> Rows<'s> {
    pub fn of(chunk: &'s Chunk) -> Self {
        Self {
            bytes: &chunk.bytes,
            reader: reader(&chunk.bytes),
            row: StringRecord::new(),
            line: chunk.line,
            counted: 0,
        }
    }

    /// The next row, with its line.
    pub fn next(&mut self) -> Option<(u64, Row<'_>)> {
        self.advance();
        let outcome = self.reader.read_record(&mut self.row);
        let is_too_long = offset(&self.reader).saturating_sub(self.counted) > MAX_RECORD_BYTES;
        let row = match outcome.map_err(csv::Error::into_kind) {
            Ok(false) => return None,
            _ if is_too_long => Err("is a row of more than 1 MiB: is a quote left open?"),
            Ok(true) => Ok(&self.row),
            // Bytes in memory with rows of any width: invalid UTF-8 is the only failure.
            Err(_) => Err(NOT_UTF8),
        };
        Some((self.line, row))
    }

    /// Moves to the beginning of the next row, past empty lines, after which the csv crate's own line numbers lag.
    fn advance(&mut self) {
        let rest = self.bytes.get(offset(&self.reader)..).unwrap_or_default();
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = offset(&self.reader).saturating_add(empty);
        let passed = self.bytes.get(self.counted..start).unwrap_or_default();
        self.line = self.line.saturating_add(newlines(passed));
        self.counted = start;
    }
}

fn reader(bytes: &[u8]) -> Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes)
}

fn offset<R: std::io::Read>(reader: &Reader<R>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

/// Finds the end of the last whole row.
pub(in crate::files) fn last_end(bytes: &[u8]) -> Option<usize> {
    if memchr::memchr(b'"', bytes).is_none() {
        return memchr::memrchr2(b'\n', b'\r', bytes).and_then(|at| at.checked_add(1));
    }
    // Between quotes a line feed ends nothing. The row that ends with the bytes may go on after them.
    let mut reader = reader(bytes);
    let mut row = csv::ByteRecord::new();
    let mut last = None;
    while reader.read_byte_record(&mut row).is_ok_and(|there_is_one| there_is_one) && offset(&reader) < bytes.len() {
        last = Some(offset(&reader));
    }
    last
}

/// Reads the names in the first row, and its length in bytes.
pub(in crate::files) fn header(bytes: &[u8]) -> (Vec<String>, usize) {
    let mut reader = reader(bytes);
    let mut names = csv::ByteRecord::new();
    // Reading from memory cannot fail; without a row there are no names.
    let _ = reader.read_byte_record(&mut names);
    let names = names.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    (names, offset(&reader))
}

/// Writes a row so that it can be parsed again.
pub(in crate::files) fn to_csv(row: &StringRecord) -> Vec<u8> {
    let mut text = Vec::with_capacity(row.as_slice().len().saturating_add(row.len()));
    for (position, cell) in row.iter().enumerate() {
        if position > 0 {
            text.push(b',');
        }
        let is_plain = !cell.is_empty() && !cell.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
        if is_plain {
            text.extend_from_slice(cell.as_bytes());
        } else {
            text.push(b'"');
            text.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            text.push(b'"');
        }
    }
    text.push(b'\n');
    text
}

/// Parses a row as a line, reusing the allocations of an earlier one.
pub(in crate::files) fn read(columns: &Columns, line: u64, row: Row<'_>, parsed: &mut ParsedFact) {
    let row = match row {
        Ok(row) if row.len() == columns.width => row,
        Ok(row) => {
            let wrong = format!("has {} columns, where the header has {}", row.len(), columns.width);
            *parsed = ParsedFact::unreadable(line, wrong);
            return;
        }
        Err(wrong) => {
            *parsed = ParsedFact::unreadable(line, wrong);
            return;
        }
    };
    let mut raw = match parsed.fact.take() {
        Some(RawFact::SubscriptionLine(raw)) => raw,
        _ => RawSubscriptionLine::default(),
    };
    let mut form = Form::at("");
    columns.read(row, &mut form, &mut raw);
    let wrong = form.finish(Some(())).err().map(Vec::from).unwrap_or_default();
    *parsed = ParsedFact { name: column, ..ParsedFact::new(line, "", (Some(RawFact::SubscriptionLine(raw)), wrong)) };
}

/// Maps the path of a field to its column.
fn column(field: &str) -> String {
    let field = field.strip_prefix("price_steps[0]").map_or(field, |rest| rest.trim_start_matches('.'));
    match field.strip_prefix("interval.") {
        Some(_) => "interval".to_owned(),
        None => field.replacen("discount.", "discount_", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::csv::mapping::{Mapping, MappingError};
    use crate::files::input::{Input, InputError};

    fn open<'t>(text: &'t str, map: &[&str], set: &[&str]) -> Result<Input<&'t [u8]>, InputError> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mapping = Mapping::parse(&owned(map), &owned(set))?;
        Input::csv(text.as_bytes(), &mapping)
    }

    const SUBSCRIPTIONS: &str = "\u{feff}subscription_id,account_id,start_date,end_date,plan,seats,mrr,billing,is_trial\r\n\
        S-1,A-1,2023-12-23,2024-04-12,Pro,14,2786,monthly,FALSE\r\n\
        S-2, A-1 ,2024-06-11,,\"\nPro\",3,100,quarterly,FALSE\r\n\
        \r\n\
        S-3,A-2,11.06.2024,,Pro,x,\"1,000\",fortnightly,TRUE\r\n\
        S-4,A-2\r\n";

    #[test]
    fn rows_of_mapped_columns_become_lines() {
        let map = ["line_id=subscription_id", "customer_id=account_id", "item_id=plan", "quantity=seats"];
        let map = [&map[..], &["amount=mrr", "interval=billing"]].concat();
        let set = ["charge_kind=RECURRING", "currency=USD", "attributes.source=old books"];
        let rows = open(SUBSCRIPTIONS, &map, &set).unwrap();
        assert_eq!(rows.layout.ignored(), ["is_trial"]);
        let mut parsed_facts: Vec<ParsedFact> = rows.parsed_facts().map(Result::unwrap).collect();
        let lines: Vec<u64> = parsed_facts.iter().map(|parsed| parsed.place.line).collect();
        assert_eq!(lines, [2, 3, 6, 7]);
        let wrong: Vec<String> = parsed_facts
            .split_off(2)
            .into_iter()
            .flat_map(|it| it.decode().unwrap_err())
            .map(|it| it.to_string())
            .collect();
        let expected = [
            "interval: is not an interval such as MONTH, YEAR, 3 MONTH or quarterly",
            "amount: is not a decimal number: digits with at most one point, such as 1299.90",
            "start_date: is not a date such as 2026-01-31",
            "quantity: is not a decimal number: digits with at most one point, such as 1299.90",
            ": has 2 columns, where the header has 9",
        ];
        assert_eq!(wrong, expected);
        let RawFact::SubscriptionLine(line) = parsed_facts.remove(1).raw().unwrap() else { panic!("not a line") };
        let RawSubscriptionLine { line_id, customer_id, price_steps, attributes, .. } = line;
        assert_eq!((line_id.as_str(), customer_id.as_str()), ("S-2", "A-1"));
        assert_eq!((price_steps[0].quantity.as_str(), price_steps[0].unit_price.as_str()), ("3", "33.3333333333"));
        assert_eq!(attributes["source"], "old books");
        assert!(parsed_facts.remove(0).decode().is_ok());
    }

    #[test]
    fn a_file_without_a_needed_column_is_refused() {
        let error = open("line_id,amount,quantity\n", &["subscription_id=line_id"], &[]).err().unwrap();
        assert!(error.to_string().starts_with("no column gives customer_id: name one of"), "{error}");
        assert_eq!(open("", &[], &[]).err().unwrap().to_string(), MappingError::NoHeader.to_string());
    }
}
