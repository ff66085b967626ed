//! JSON Lines: a fact a line.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::dto::RawFact;
use crate::codec::validation::Violation;
use crate::files::chunks::{Chunk, MAX_RECORD_BYTES};
use crate::files::json::value;
use crate::files::parsed_fact::{NOT_UTF8, ParsedFact};

const NOT_ONE_FACT: &str = "is not an object with one fact, such as {\"customer\": {…}}";

/// Finds the end of the last whole line.
pub(in crate::files) fn last_end(bytes: &[u8]) -> Option<usize> {
    memchr::memrchr(b'\n', bytes)?.checked_add(1)
}

/// Iterates over the non-empty lines of a chunk, with their numbers.
pub(in crate::files) fn lines(chunk: &Chunk) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = chunk.bytes.as_slice();
    let all = std::iter::from_fn(move || {
        let (line, after) = rest.split_at(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
        let is_there = !rest.is_empty();
        rest = after.get(1..).unwrap_or_default();
        is_there.then_some(line)
    });
    (chunk.line..).zip(all).filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// Reads a line as a fact.
pub(in crate::files) fn parse_line(line: u64, text: &[u8]) -> ParsedFact {
    if text.len() > MAX_RECORD_BYTES {
        return ParsedFact::unreadable(line, "is a line of more than 1 MiB");
    }
    match str::from_utf8(text) {
        Ok(text) => fact_of_line(text.trim_ascii_end(), line),
        Err(_) => ParsedFact::unreadable(line, NOT_UTF8),
    }
}

/// Reads the customer of a line's fact without parsing the rest; None where it cannot be seen.
pub(in crate::files) fn customer(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Fact<'t> {
        #[serde(borrow)]
        customer_id: Cow<'t, str>,
    }
    let facts: BTreeMap<Cow<'_, str>, Fact<'_>> = serde_json::from_slice(text).ok()?;
    facts.into_values().next().map(|fact| fact.customer_id.into_owned())
}

fn fact_of_line(text: &str, line: u64) -> ParsedFact {
    let error = match serde_json::from_str::<RawFact>(text) {
        Ok(fact) => {
            let path = fact.field();
            return ParsedFact::new(line, path, (Some(fact), vec![]));
        }
        Err(error) => error,
    };
    let fields: BTreeMap<String, &RawValue> = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) if error.is_data() => return ParsedFact::unreadable(line, NOT_ONE_FACT),
        Err(error) => return ParsedFact::unreadable(line, value::not_json(&error)),
    };
    let mut fields = fields.iter();
    let (Some((kind, value)), None) = (fields.next(), fields.next()) else {
        return ParsedFact::unreadable(line, NOT_ONE_FACT);
    };
    if !RawFact::KINDS.contains(&kind.as_str()) {
        let description = format!("is no kind of fact; known are {}", RawFact::KINDS.join(", "));
        let wrong = vec![Violation { field: kind.clone(), description }];
        return ParsedFact::new(line, "", (None, wrong));
    }
    let (fact, mut wrong) = value::fact(kind, value.get(), kind);
    if wrong.is_empty() {
        wrong.push(Violation {
            field: kind.clone(),
            description: value::without_position(&error.to_string()).to_owned(),
        });
    }
    ParsedFact::new(line, kind.clone(), (fact, wrong))
}
