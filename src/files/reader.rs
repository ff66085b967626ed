//! Facts from a file or a pipe: JSON Lines with one fact a line, or one JSON object with many.
//!
//! The content decides, not the name: `{"subscription_line": {…}}` begins JSON Lines, which are read one by one, so that
//! a file may be larger than the memory; `{"subscription_lines": […], …}` is a whole document, and so is a worked
//! example with its `facts`.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};
use std::vec;

use serde_json::value::RawValue;

use super::document;
use super::json_lines::Lines;
pub use super::json_lines::MAX_LINE_BYTES;
use super::reading::NOT_UTF8;
pub use super::reading::{Place, Reading};
use crate::form::raw::RawFact;

/// The largest document in one JSON object, in bytes; more facts than that are written as JSON Lines.
pub const MAX_DOCUMENT_BYTES: usize = 64 << 20;

/// The facts of an input, in its order.
#[derive(Debug)]
pub struct Facts<R>(Source<R>);

#[derive(Debug)]
enum Source<R> {
    Lines(Lines<R>),
    Document(vec::IntoIter<Reading>),
}

impl<R: BufRead> Facts<R> {
    /// Looks at the beginning to see what it is; a document is read whole.
    ///
    /// # Errors
    /// What the input answers.
    pub fn new(input: R) -> io::Result<Self> {
        let lines = Lines::begin(input)?;
        if !begins_document(&lines.text) {
            return Ok(Self(Source::Lines(lines)));
        }
        let Lines { input, line: first_line, mut text, .. } = lines;
        let limit = u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX);
        input.take(limit).read_to_end(&mut text)?;
        let readings = if text.len() > MAX_DOCUMENT_BYTES {
            let limit = MAX_DOCUMENT_BYTES >> 20;
            vec![Reading::unreadable(first_line, format!("is more than {limit} MiB in one object; write JSON Lines"))]
        } else {
            match str::from_utf8(&text) {
                Ok(text) => document::read(text, first_line),
                Err(error) => {
                    let good = text.get(..error.valid_up_to()).unwrap_or_default();
                    let lines = good.split(|byte| *byte == b'\n').count().saturating_sub(1);
                    let line = first_line.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
                    vec![Reading::unreadable(line, NOT_UTF8)]
                }
            }
        };
        Ok(Self(Source::Document(readings.into_iter())))
    }
}

impl<R: BufRead> Iterator for Facts<R> {
    type Item = io::Result<Reading>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Lines(lines) => lines.read().transpose(),
            Source::Document(readings) => readings.next().map(Ok),
        }
    }
}

/// A whole document goes on after its first line, or is there with one of its names.
fn begins_document(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let first_name = text.trim_start().strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix('"'));
    let first_name = first_name.and_then(|rest| rest.split_once('"')).map_or("", |(name, _)| name);
    if RawFact::KINDS.contains(&first_name) {
        return false;
    }
    match serde_json::from_str::<BTreeMap<String, &RawValue>>(&text) {
        Ok(fields) => fields.keys().any(|name| document::NAMES.contains(&name.as_str())),
        Err(error) => error.is_eof() && !text.trim_ascii().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::violation::Violation;

    fn read(text: &str) -> Vec<(u64, Result<String, Vec<String>>)> {
        let facts = Facts::new(text.as_bytes()).unwrap();
        facts
            .map(|reading| {
                let reading = reading.unwrap();
                let (line, path) = (reading.place.line, reading.place.path.clone());
                let wrong = |wrong: Vec<Violation>| wrong.iter().map(ToString::to_string).collect();
                (line, reading.decode().map(|_| path).map_err(wrong))
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
    fn what_is_no_fact_is_refused() {
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
        let long = format!("{{\"customer\": {{\"name\": \"{}\"}}}}\n", "x".repeat(MAX_LINE_BYTES));
        let found = read(&format!("{long}{{\"customer\": {{\"customer_id\": \"a\"}}}}\n"));
        let too_long = Err(vec![": is a line of more than 1 MiB".to_owned()]);
        assert_eq!(found, [(1, too_long), (2, Ok("customer".to_owned()))]);
    }
}
