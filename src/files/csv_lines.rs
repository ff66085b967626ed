//! Subscription lines from CSV: one line a row, with one price step.
//!
//! The columns are the fields of a line, with the step's `quantity`, `unit_price` and `interval` beside them; columns
//! of other names are mapped by a [`Mapping`]. `amount`, the price of the whole quantity before a discount, stands in
//! for `unit_price`; how it is divided is said at `spread` in `csv_price`.

use std::collections::BTreeSet;
use std::io::{self, Read};

use csv::ByteRecord;

pub use super::csv_mapping::{ATTRIBUTE_PREFIX, COLUMNS, Mapping, MappingError, Source};
use super::csv_row::subscription_line;
use super::newlines::Newlines;
use super::reading::Reading;
use crate::form::raw::RawFact;
use crate::form::violation::Form;

/// A file whose rows cannot be read as lines.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The rows of a CSV file, in its order.
#[derive(Debug)]
pub struct CsvLines<R> {
    reader: csv::Reader<Newlines<R>>,
    width: usize,
    /// Our columns.
    cells: Vec<(String, Cell)>,
    ignored: Vec<String>,
}

#[derive(Debug)]
enum Cell {
    At(usize),
    Constant(String),
}

impl<R: Read> CsvLines<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// What is wrong with the header, or what the input answers.
    pub fn new(input: R, mapping: &Mapping) -> Result<Self, HeaderError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(Newlines::of(input));
        let header: Vec<String> = reader
            .byte_headers()
            .map_err(io_error)?
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_owned())
            .collect();
        if header.is_empty() {
            return Err(MappingError::NoHeader.into());
        }
        let sources = mapping.sources(&header)?;
        let cells: Vec<(String, Cell)> = sources
            .into_iter()
            .map(|(ours, source)| match source {
                Source::Constant(value) => (ours, Cell::Constant(value)),
                Source::Column(name) => (ours, Cell::At(header.iter().position(|it| *it == name).unwrap_or_default())),
            })
            .collect();
        let used: BTreeSet<usize> = cells.iter().filter_map(|(_, cell)| cell.position()).collect();
        let unused = header.iter().enumerate().filter(|(index, name)| !used.contains(index) && !name.is_empty());
        let ignored = unused.map(|(_, name)| name.clone()).collect();
        Ok(Self { reader, width: header.len(), cells, ignored })
    }

    /// The file's columns that are not read.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The line on which the record begins that was just read.
    fn line_of(&mut self, record: &ByteRecord) -> u64 {
        // The last byte may be the record's own line feed.
        let end = self.reader.position().byte().saturating_sub(1);
        let within = record.iter().flatten().filter(|byte| **byte == b'\n').count();
        let before = self.reader.get_mut().before(end).saturating_sub(u64::try_from(within).unwrap_or_default());
        before.saturating_add(1)
    }

    fn row(&self, line: u64, record: &ByteRecord) -> Reading {
        let mut form = Form::at("");
        let texts: Option<Vec<&str>> = record.iter().map(|value| str::from_utf8(value).ok().map(str::trim)).collect();
        let texts = form.take("", texts.ok_or("is not text in UTF-8"));
        if record.len() != self.width {
            form.refuse("", format!("has {} columns, where the header has {}", record.len(), self.width));
        }
        let texts = texts.filter(|texts| texts.len() == self.width);
        let fact = texts.map(|texts| {
            let value = |cell| match cell {
                &Cell::At(index) => texts.get(index).copied().unwrap_or_default(),
                Cell::Constant(value) => value.as_str(),
            };
            subscription_line(&mut form, &self.cells.iter().map(|(ours, cell)| (ours.as_str(), value(cell))).collect())
        });
        let outcome = match form.finish(Some(())) {
            Ok(()) => (fact.map(RawFact::SubscriptionLine), vec![]),
            Err(wrong) => (fact.map(RawFact::SubscriptionLine), wrong),
        };
        Reading { name: column, ..Reading::new(line, "", outcome) }
    }
}

impl Cell {
    fn position(&self) -> Option<usize> {
        match self {
            Self::At(index) => Some(*index),
            Self::Constant(_) => None,
        }
    }
}

impl<R: Read> Iterator for CsvLines<R> {
    type Item = io::Result<Reading>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => {
                let line = self.line_of(&record);
                Some(Ok(self.row(line, &record)))
            }
            Ok(false) => None,
            Err(error) => Some(Err(io_error(error))),
        }
    }
}

/// Of a flexible reader of bytes, the input is all that can fail.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The column of a field that is named by its path.
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
    use crate::form::raw::RawSubscriptionLine;

    fn open(text: &str, map: &[&str], set: &[&str]) -> Result<CsvLines<io::Cursor<Vec<u8>>>, HeaderError> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mapping = Mapping::parse(&owned(map), &owned(set))?;
        CsvLines::new(io::Cursor::new(text.as_bytes().to_vec()), &mapping)
    }

    const SUBSCRIPTIONS: &str = "\u{feff}subscription_id,account_id,start_date,end_date,plan,seats,mrr,billing,is_trial\r\n\
        S-1,A-1,2023-12-23,2024-04-12,Pro,14,2786,monthly,FALSE\r\n\
        S-2, A-1 ,2024-06-11,,\"\nPro\",3,100,quarterly,FALSE\r\n\
        \r\n\
        S-3,A-2,11.06.2024,,Pro,x,\"1,000\",fortnightly,TRUE\r\n\
        S-4,A-2\r\n";

    #[test]
    fn rows_of_a_strange_file_become_lines() {
        let map = ["line_id=subscription_id", "customer_id=account_id", "item_id=plan", "quantity=seats"];
        let map = [&map[..], &["amount=mrr", "interval=billing"]].concat();
        let set = ["charge_kind=RECURRING", "currency=USD", "attributes.source=old books"];
        let rows = open(SUBSCRIPTIONS, &map, &set).unwrap();
        assert_eq!(rows.ignored(), ["is_trial"]);
        let mut readings: Vec<Reading> = rows.map(Result::unwrap).collect();
        let lines: Vec<u64> = readings.iter().map(|reading| reading.place.line).collect();
        assert_eq!(lines, [2, 3, 6, 7]);
        let wrong: Vec<String> = readings
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
        let RawFact::SubscriptionLine(line) = readings.remove(1).raw().unwrap() else { panic!("not a line") };
        let RawSubscriptionLine { line_id, customer_id, price_steps, attributes, .. } = line;
        assert_eq!((line_id.as_str(), customer_id.as_str()), ("S-2", "A-1"));
        assert_eq!((price_steps[0].quantity.as_str(), price_steps[0].unit_price.as_str()), ("3", "33.3333333333"));
        assert_eq!(attributes["source"], "old books");
        assert!(readings.remove(0).decode().is_ok());
    }

    #[test]
    fn a_file_without_a_needed_column_is_refused() {
        let error = open("line_id,amount,quantity\n", &["subscription_id=line_id"], &[]).err().unwrap();
        assert!(error.to_string().starts_with("no column gives customer_id: name one of"), "{error}");
        assert_eq!(open("", &[], &[]).err().unwrap().to_string(), MappingError::NoHeader.to_string());
    }
}
