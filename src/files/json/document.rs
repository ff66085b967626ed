//! Many facts in one JSON object: `{"subscription_lines": […], …}`, or that as the `facts` of a worked example.

use std::collections::BTreeMap;
use std::io::{self, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::dto::RawFact;
use crate::codec::validation::Violation;
use crate::files::chunks::{Chunk, newlines};
use crate::files::json::value;
use crate::files::parsed_fact::{NOT_UTF8, ParsedFact};

/// Field names of the outermost object by which a document is recognised.
pub(in crate::files) const NAMES: [&str; 6] =
    ["facts", "customers", "subscription_lines", "change_orders", "charges", "overrides"];

/// The largest document in one JSON object, in bytes; more facts than that are written as JSON Lines.
const MAX_DOCUMENT_BYTES: usize = 64 << 20;

/// Detects a document: its object continues after the first line, or has one of its field names.
pub(in crate::files) fn begins(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let first_name = text.trim_start().strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix('"'));
    let first_name = first_name.and_then(|rest| rest.split_once('"')).map_or("", |(name, _)| name);
    if RawFact::KINDS.contains(&first_name) {
        return false;
    }
    match serde_json::from_str::<BTreeMap<String, &RawValue>>(&text) {
        Ok(fields) => fields.keys().any(|name| NAMES.contains(&name.as_str())),
        Err(error) => error.is_eof() && !text.trim_ascii().is_empty(),
    }
}

/// Parses a document to its end.
pub(in crate::files) fn read(begin: Chunk, input: impl Read) -> io::Result<Vec<ParsedFact>> {
    let Chunk { line, bytes: mut text } = begin;
    let limit = u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX);
    input.take(limit).read_to_end(&mut text)?;
    if text.len() > MAX_DOCUMENT_BYTES {
        let limit = MAX_DOCUMENT_BYTES >> 20;
        return Ok(vec![ParsedFact::unreadable(
            line,
            format!("is more than {limit} MiB in one object; write JSON Lines"),
        )]);
    }
    Ok(match str::from_utf8(&text) {
        Ok(text) => facts(text, line),
        Err(error) => {
            let good = text.get(..error.valid_up_to()).unwrap_or_default();
            vec![ParsedFact::unreadable(line.saturating_add(newlines(good)), NOT_UTF8)]
        }
    })
}

/// Facts as slices of the text, so that each is judged by itself and its line is known.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawDocument<'t> {
    #[serde(borrow)]
    customers: Vec<&'t RawValue>,
    #[serde(borrow)]
    subscription_lines: Vec<&'t RawValue>,
    #[serde(borrow)]
    change_orders: Vec<&'t RawValue>,
    #[serde(borrow)]
    charges: Vec<&'t RawValue>,
    #[serde(borrow)]
    overrides: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Example<'t> {
    #[serde(borrow)]
    facts: Option<&'t RawValue>,
}

/// Parses every fact of a document whose first line has this number.
fn facts(text: &str, first_line: u64) -> Vec<ParsedFact> {
    let lines = LineNumbers::of(text, first_line);
    let refused = |line, field: &str, description| {
        let wrong = vec![Violation { field: field.to_owned(), description }];
        vec![ParsedFact::new(line, "", (None, wrong))]
    };
    let example: Example<'_> = match serde_json::from_str(text) {
        Ok(example) => example,
        Err(error) if error.is_data() => return refused(first_line, "", describe(&error.to_string())),
        Err(error) => return refused(lines.after(error.line()), "", value::not_json(&error)),
    };
    let (facts, prefix) = example.facts.map_or((text, ""), |facts| (facts.get(), "facts."));
    let pieces: RawDocument<'_> = match serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(facts))
    {
        Ok(pieces) => pieces,
        Err(error) => {
            let line = lines.at(facts).saturating_add(lines_before(error.inner().line()));
            let field = format!("{prefix}{}", error.path());
            return refused(line, field.trim_end_matches('.'), describe(&error.into_inner().to_string()));
        }
    };
    let groups = [
        ("customers", pieces.customers),
        ("subscription_lines", pieces.subscription_lines),
        ("change_orders", pieces.change_orders),
        ("charges", pieces.charges),
        ("overrides", pieces.overrides),
    ];
    let mut parsed_facts = Vec::new();
    for (kind, (name, pieces)) in RawFact::KINDS.iter().zip(groups) {
        for (index, piece) in pieces.into_iter().enumerate() {
            let path = format!("{prefix}{name}[{index}]");
            let fact = value::fact(kind, piece.get(), &path);
            parsed_facts.push(ParsedFact::new(lines.at(piece.get()), path, fact));
        }
    }
    parsed_facts
}

fn describe(message: &str) -> String {
    if message.starts_with("unknown field") {
        let known = NAMES.get(1..).unwrap_or_default().join(", ");
        return format!("is not known here; known are {known} (JSON Lines have each fact on a line of its own)");
    }
    if message.starts_with("invalid type") {
        return "is not a list of facts".to_owned();
    }
    value::without_position(message).to_owned()
}

/// serde_json counts lines from 1.
fn lines_before(line: usize) -> u64 {
    u64::try_from(line.saturating_sub(1)).unwrap_or(u64::MAX)
}

/// Finds line numbers of slices of a text.
struct LineNumbers<'t> {
    text: &'t str,
    first_line: u64,
    ends: Vec<usize>,
}

impl<'t> LineNumbers<'t> {
    fn of(text: &'t str, first_line: u64) -> Self {
        let ends = text.bytes().enumerate().filter_map(|(offset, byte)| (byte == b'\n').then_some(offset)).collect();
        Self { text, first_line, ends }
    }

    fn after(&self, line: usize) -> u64 {
        self.first_line.saturating_add(lines_before(line))
    }

    fn at(&self, piece: &str) -> u64 {
        let offset = piece.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let before = self.ends.partition_point(|end| *end < offset);
        self.first_line.saturating_add(u64::try_from(before).unwrap_or(u64::MAX))
    }
}
