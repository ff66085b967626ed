//! Facts from a file or a pipe: JSON Lines with one fact a line, one JSON object with many, or CSV with a line a row.
//!
//! The content of JSON decides its layout: `{"subscription_line": {…}}` begins JSON Lines, which are read piece by
//! piece, so that a file may be larger than the memory; `{"subscription_lines": […], …}` is a whole document, and so is
//! a worked example with its `facts`.

use std::io::{self, Read};
use std::vec;

use crate::files::chunks::{Chunk, Chunks, MAX_RECORD_BYTES, newlines, read_more};
use crate::files::csv::columns::Columns;
use crate::files::csv::mapping::{Mapping, MappingError};
use crate::files::csv::rows;
use crate::files::json::document;
use crate::files::json::lines;
use crate::files::parsed_fact::ParsedFact;

/// Facts of a document in a piece.
const PIECE_OF_DOCUMENT: usize = 1_000;

/// Failure to open an input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error(transparent)]
    Header(#[from] MappingError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Format of the facts of an input.
#[derive(Debug)]
pub enum Layout {
    Json,
    Csv(Box<Columns>),
}

/// Input whose beginning has been read.
#[derive(Debug)]
pub struct Input<R> {
    pub layout: Layout,
    pub(super) pieces: InputPieces<R>,
}

/// Pieces of an input in their order.
#[derive(Debug)]
pub(super) enum InputPieces<R> {
    Chunks(Chunks<R>),
    Document(vec::IntoIter<ParsedFact>),
}

/// Some facts of an input, parsed already if they come from a document.
#[derive(Debug)]
pub(super) enum Piece {
    Chunk(Chunk),
    ParsedFacts(Vec<ParsedFact>),
}

impl<R: Read> Input<R> {
    /// Detects the layout of JSON by its beginning; a document is read whole.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn json(mut input: R) -> io::Result<Self> {
        let mut begin = begin(&mut input, |bytes| lines::last_end(bytes.trim_ascii_start()).is_some())?;
        let blank = begin.bytes.len().saturating_sub(begin.bytes.trim_ascii_start().len());
        // Without a whole blank line there is nothing to skip.
        begin.skip(begin.bytes.get(..blank).and_then(lines::last_end).unwrap_or(0));
        let first = begin.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let pieces = if document::begins(first) {
            InputPieces::Document(document::read(begin, input)?.into_iter())
        } else {
            InputPieces::Chunks(Chunks::new(begin, input, lines::last_end))
        };
        Ok(Self { layout: Layout::Json, pieces })
    }

    /// Reads the header of CSV.
    ///
    /// # Errors
    /// The header is wrong, or the input cannot be read.
    pub fn csv(mut input: R, mapping: &Mapping) -> Result<Self, InputError> {
        let mut begin = begin(&mut input, |bytes| rows::last_end(bytes).is_some())?;
        let (header, length) = rows::header(&begin.bytes);
        let columns = Columns::of(&header, mapping)?;
        begin.skip(length);
        let pieces = InputPieces::Chunks(Chunks::new(begin, input, rows::last_end));
        Ok(Self { layout: Layout::Csv(Box::new(columns)), pieces })
    }

    /// The facts one by one, in the order of the input.
    pub fn parsed_facts(self) -> impl Iterator<Item = io::Result<ParsedFact>> {
        let Self { layout, pieces } = self;
        pieces.flat_map(move |piece| {
            let parsed_facts = piece.map(|piece| {
                let mut parsed_facts = Vec::new();
                layout.read(piece, |parsed| parsed_facts.push(Ok(parsed.clone())));
                parsed_facts
            });
            parsed_facts.unwrap_or_else(|error| vec![Err(error)])
        })
    }
}

impl Layout {
    /// The columns of a CSV file that are not read.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        match self {
            Self::Csv(columns) => columns.ignored(),
            Self::Json => &[],
        }
    }

    /// Reads the facts of a piece.
    pub(super) fn read(&self, piece: Piece, mut each: impl FnMut(&ParsedFact)) {
        match (piece, self) {
            (Piece::ParsedFacts(parsed_facts), _) => parsed_facts.iter().for_each(each),
            (Piece::Chunk(chunk), Self::Json) => {
                for (line, text) in lines::lines(&chunk) {
                    each(&lines::parse_line(line, text));
                }
            }
            (Piece::Chunk(chunk), Self::Csv(columns)) => {
                let (mut rows, mut parsed) = (rows::Rows::of(&chunk), ParsedFact::default());
                while let Some((line, row)) = rows.next() {
                    rows::read(columns, line, row, &mut parsed);
                    each(&parsed);
                }
            }
        }
    }
}

impl<R: Read> Iterator for InputPieces<R> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Chunks(chunks) => Some(chunks.next()?.map(Piece::Chunk)),
            Self::Document(parsed_facts) => {
                let piece: Vec<ParsedFact> = parsed_facts.by_ref().take(PIECE_OF_DOCUMENT).collect();
                (!piece.is_empty()).then_some(Ok(Piece::ParsedFacts(piece)))
            }
        }
    }
}

impl Chunk {
    /// Drops its first bytes.
    fn skip(&mut self, count: usize) {
        let skipped = self.bytes.drain(..count);
        self.line = self.line.saturating_add(newlines(skipped.as_slice()));
    }
}

/// Reads until the layout can be detected.
fn begin(input: &mut impl Read, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<Chunk> {
    let mut begin = Chunk { line: 1, bytes: Vec::new() };
    loop {
        let ended = read_more(input, &mut begin.bytes)?;
        // A byte order mark has no meaning in UTF-8.
        if begin.bytes.starts_with(b"\xef\xbb\xbf") {
            begin.skip(3);
        }
        if ended || begin.bytes.len() > MAX_RECORD_BYTES || is_enough(&begin.bytes) {
            return Ok(begin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::validation::Violation;

    fn read(text: &str) -> Vec<(u64, Result<String, Vec<String>>)> {
        let facts = Input::json(text.as_bytes()).unwrap();
        facts
            .parsed_facts()
            .map(|parsed| {
                let parsed = parsed.unwrap();
                let (line, path) = (parsed.place.line, parsed.place.path.to_string());
                let wrong = |wrong: Vec<Violation>| wrong.iter().map(ToString::to_string).collect();
                (line, parsed.decode().map(|_| path).map_err(wrong))
            })
            .collect()
    }

    fn wrong(text: &str) -> Vec<String> {
        read(text).into_iter().filter_map(|(_, result)| result.err()).flatten().collect()
    }

    #[test]
    fn json_lines_are_read_one_by_one() {
        let text = "\u{feff}\n{\"customer\": {\"customer_id\": \"a\"}}\r\n  \n{\"customer\": {}}\n{\"customer\"";
        assert_eq!(
            read(text),
            [
                (2, Ok("customer".to_owned())),
                (4, Err(vec!["customer.customer_id: is required".to_owned()])),
                (5, Err(vec![": is not JSON: EOF while parsing an object at column 11".to_owned()])),
            ]
        );
        assert_eq!(read(""), []);
        assert_eq!(read("\n\n"), []);
    }

    #[test]
    fn a_document_is_known_by_its_names() {
        let facts = "{\"charges\": [],\n\"customers\": [{\"customer_id\": \"a\"},\n\n{\"customer_id\": \"b\"}]}";
        let at = |line, path: &str| (line, Ok(path.to_owned()));
        assert_eq!(read(facts), [at(2, "customers[0]"), at(4, "customers[1]")]);
        let example = format!("\n{{\"title\": \"one\",\n\"facts\":\n {facts}}}\n");
        assert_eq!(read(&example), [at(5, "facts.customers[0]"), at(7, "facts.customers[1]")]);
        assert_eq!(read(&facts.replace('\n', "")), [at(1, "customers[0]"), at(1, "customers[1]")]);
    }

    #[test]
    fn every_wrong_type_is_named_beside_every_wrong_value() {
        let line = r#"{"subscription_line": {"line_id": 1, "subscription_id": "S1", "customer_id": "a b", "plan": "x",
            "charge_kind": "RECURRING", "currency": null, "start_date": "2026-01-01", "pending_activation": "no",
            "revision": 1.5, "price_steps": [{"quantity": 1, "unit_price": "1,5", "interval": "MONTH"}, 7]}}"#;
        let mut found = wrong(&line.replace('\n', ""));
        found.sort();
        let expected = [
            "subscription_line.currency: is required",
            "subscription_line.customer_id: contains white space or an invisible character",
            "subscription_line.item_id: is required",
            "subscription_line.line_id: is a number; it must be text in quotes",
            "subscription_line.pending_activation: is text; it must be true or false",
            "subscription_line.plan: is not known here; known are line_id, revision, subscription_id, customer_id, \
             item_id, charge_kind, currency, start_date, end_date, trial_end_date, pending_activation, \
             renews_subscription_id, price_steps, attributes",
            "subscription_line.price_steps[0].interval: is text; it must be an object",
            "subscription_line.price_steps[0].quantity: is a number; write amounts as strings, such as \"12.50\"",
            "subscription_line.price_steps[0].unit_price: is not a decimal number: digits with at most one point, \
             such as 1299.90",
            "subscription_line.price_steps[1]: is a number; it must be an object",
            "subscription_line.revision: is not a whole number, or too large",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn json_without_a_fact_is_refused() {
        for (text, expected) in [
            ("[1]", ": is not an object with one fact, such as {\"customer\": {…}}"),
            ("{}", ": is not an object with one fact, such as {\"customer\": {…}}"),
            ("{\"customer\": {}, \"charge\": {}}", ": is not an object with one fact, such as {\"customer\": {…}}"),
            (
                "{\"order\": {}}",
                "order: is no kind of fact; known are customer, subscription_line, change_order, charge, override",
            ),
            (
                "{\"customer\": {\"customer_id\": \"a\", \"customer_id\": \"b\"}}",
                "customer: duplicate field `customer_id`",
            ),
            ("{\"customer\": 1}", "customer: is a number; it must be an object"),
            ("{\"customer\": {}} x", ": is not JSON: trailing characters at column 18"),
            (
                "{\n\"customer\": {}}",
                "customer: is not known here; known are customers, subscription_lines, \
              change_orders, charges, overrides (JSON Lines have each fact on a line of its own)",
            ),
            ("{\"customers\": 1}", "customers: is not a list of facts"),
            ("{\"facts\": {\"charges\": [1]}}", "facts.charges[0]: is a number; it must be an object"),
            ("{\"customers\":\n[}", ": is not JSON: expected value at column 2"),
        ] {
            assert_eq!(wrong(text), [expected], "{text}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_not_held() {
        let long = format!("{{\"customer\": {{\"name\": \"{}\"}}}}\n", "x".repeat(MAX_RECORD_BYTES));
        let found = read(&format!("{long}{{\"customer\": {{\"customer_id\": \"a\"}}}}\n"));
        let too_long = Err(vec![": is a line of more than 1 MiB".to_owned()]);
        assert_eq!(found, [(1, too_long), (2, Ok("customer".to_owned()))]);
    }
}
