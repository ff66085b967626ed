//! JSON Lines: a fact a line.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};

use serde_json::value::RawValue;

use super::json;
use super::reading::{NOT_UTF8, Reading};
use crate::form::raw::RawFact;
use crate::form::violation::Violation;

/// The longest line of JSON Lines, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;
const NOT_ONE_FACT: &str = "is not an object with one fact, such as {\"customer\": {…}}";

/// JSON Lines, of which one is in memory.
#[derive(Debug)]
pub(super) struct Lines<R> {
    pub input: R,
    /// The number of the line in memory.
    pub line: u64,
    pub text: Vec<u8>,
    /// The line in memory has been given out.
    is_read: bool,
}

impl<R: BufRead> Lines<R> {
    /// Reads up to the first line that is not empty.
    pub fn begin(input: R) -> io::Result<Self> {
        let mut lines = Self { input, line: 0, text: Vec::new(), is_read: false };
        // A byte order mark says nothing in UTF-8.
        if lines.input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            lines.input.consume(3);
        }
        lines.advance()?;
        Ok(lines)
    }

    /// Takes the next line that is not empty, or nothing at the end; of a line that is too long, its beginning.
    fn advance(&mut self) -> io::Result<()> {
        let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        loop {
            self.text.clear();
            self.is_read = false;
            let count = self.input.by_ref().take(limit).read_until(b'\n', &mut self.text)?;
            self.line = self.line.saturating_add(1);
            if count == 0 || !self.text.trim_ascii().is_empty() {
                return Ok(());
            }
        }
    }

    pub fn read(&mut self) -> io::Result<Option<Reading>> {
        if self.is_read {
            self.advance()?;
        }
        self.is_read = true;
        if self.text.is_empty() {
            return Ok(None);
        }
        if self.text.len() > MAX_LINE_BYTES && self.text.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Reading::unreadable(self.line, "is a line of more than 1 MiB")));
        }
        Ok(Some(match str::from_utf8(&self.text) {
            Ok(text) => fact_of_line(text.trim_ascii_end(), self.line),
            Err(_) => Reading::unreadable(self.line, NOT_UTF8),
        }))
    }
}

fn fact_of_line(text: &str, line: u64) -> Reading {
    let error = match serde_json::from_str::<RawFact>(text) {
        Ok(fact) => {
            let path = fact.field();
            return Reading::new(line, path, (Some(fact), vec![]));
        }
        Err(error) => error,
    };
    let fields: BTreeMap<String, &RawValue> = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) if error.is_data() => return Reading::unreadable(line, NOT_ONE_FACT),
        Err(error) => return Reading::unreadable(line, json::not_json(&error)),
    };
    let mut fields = fields.iter();
    let (Some((kind, value)), None) = (fields.next(), fields.next()) else {
        return Reading::unreadable(line, NOT_ONE_FACT);
    };
    if !RawFact::KINDS.contains(&kind.as_str()) {
        let description = format!("is no kind of fact; known are {}", RawFact::KINDS.join(", "));
        let wrong = vec![Violation { field: kind.clone(), description }];
        return Reading::new(line, "", (None, wrong));
    }
    let (fact, mut wrong) = json::fact(kind, value.get(), kind);
    if wrong.is_empty() {
        wrong.push(Violation { field: kind.clone(), description: json::without_place(&error.to_string()).to_owned() });
    }
    Reading::new(line, kind, (fact, wrong))
}
