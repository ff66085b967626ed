//! JSON text → one value of the interface, with every wrong type and unknown field named.
//!
//! serde stops at the first violation. Here the field is removed and the value parsed again until all violations are
//! found, so that a file can be corrected in one pass.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::codec::dto::RawFact;
use crate::codec::validation::Violation;

/// Violations reported for one fact.
const MAX_VIOLATIONS: usize = 100;

/// Fields that hold numbers, as strings: JSON's own numbers lose digits on their way through most programs.
const AMOUNTS: [&str; 4] = ["quantity", "unit_price", "amount", "percent"];

/// The value without its wrong fields, and the violations; None where nothing could be parsed.
pub(in crate::files) type Parsed<T> = (Option<T>, Vec<Violation>);

/// Parses one value; `path` is its place in the input.
pub(in crate::files) fn read<T: DeserializeOwned>(text: &str, path: &str) -> Parsed<T> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return (Some(value), vec![]),
        Err(error) => error,
    };
    let violation = |description| Violation { field: path.to_owned(), description };
    let Ok(value) = serde_json::from_str(text) else {
        return (None, vec![violation(not_json(&error))]);
    };
    let (read, mut wrong) = parse_leniently(value, path);
    if wrong.is_empty() {
        // A field that occurs twice is visible in the text alone.
        wrong.push(violation(without_position(&error.to_string()).to_owned()));
    }
    (read, wrong)
}

/// Reads a fact of a kind, one of [`RawFact::KINDS`].
pub(in crate::files) fn fact(kind: &str, text: &str, path: &str) -> Parsed<RawFact> {
    fn of<T: DeserializeOwned>(text: &str, path: &str, kind: fn(T) -> RawFact) -> Parsed<RawFact> {
        let (fact, wrong) = read(text, path);
        (fact.map(kind), wrong)
    }
    match kind {
        "customer" => of(text, path, RawFact::Customer),
        "subscription_line" => of(text, path, RawFact::SubscriptionLine),
        "change_order" => of(text, path, RawFact::ChangeOrder),
        "charge" => of(text, path, RawFact::Charge),
        _ => of(text, path, RawFact::Override),
    }
}

/// Removes wrong fields one by one until the rest parses.
fn parse_leniently<T: DeserializeOwned>(mut value: Value, path: &str) -> Parsed<T> {
    let mut wrong = Vec::new();
    while wrong.len() < MAX_VIOLATIONS {
        let error = match serde_path_to_error::deserialize(&value) {
            Ok(read) => return (Some(read), wrong),
            Err(error) => error,
        };
        let field = field(path, error.path());
        let found = error.path().iter().try_fold(&mut value, step).map(|found| &*found);
        let description = describe(error.path(), found, &error.inner().to_string());
        wrong.push(Violation { field, description });
        if !remove_field(&mut value, error.path()) {
            break;
        }
    }
    (None, wrong)
}

fn field(path: &str, inner: &Path) -> String {
    match (path, inner.iter().next()) {
        (path, None) => path.to_owned(),
        ("", Some(_)) => inner.to_string(),
        (path, Some(Segment::Seq { .. })) => format!("{path}{inner}"),
        (path, Some(_)) => format!("{path}.{inner}"),
    }
}

fn step<'v>(value: &'v mut Value, segment: &Segment) -> Option<&'v mut Value> {
    match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(*index),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// Removes a field, or empties an entry of a list (whose later entries keep their numbers); false if it cannot.
fn remove_field(value: &mut Value, path: &Path) -> bool {
    let segments: Vec<&Segment> = path.iter().collect();
    let Some((last, outer)) = segments.split_last() else { return false };
    match (last, outer.iter().copied().try_fold(value, step)) {
        (Segment::Map { key }, Some(Value::Object(fields))) => fields.remove(key).is_some(),
        (Segment::Seq { index }, Some(Value::Array(entries))) => entries.get_mut(*index).is_some_and(empty),
        (_, _) => false,
    }
}

/// A list holds objects or texts: an entry that is no object becomes an empty one, then an empty text.
fn empty(entry: &mut Value) -> bool {
    let replaced = match entry {
        Value::Object(fields) if fields.is_empty() => Value::String(String::new()),
        Value::String(text) if text.is_empty() => return false,
        _ => Value::Object(serde_json::Map::new()),
    };
    *entry = replaced;
    true
}

fn describe(path: &Path, found: Option<&Value>, message: &str) -> String {
    let expected = message.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    if message.starts_with("unknown field") {
        return format!("is not known here; known are {}", expected.trim_start_matches("one of ").replace('`', ""));
    }
    let name = match path.iter().next_back() {
        Some(Segment::Map { key }) => key.as_str(),
        _ => "",
    };
    let wanted = match expected {
        "a string" => "text in quotes",
        "a boolean" => "true or false",
        "i64" => "a whole number",
        "a sequence" => "a list",
        _ => "an object",
    };
    let found = match found {
        None => return without_position(message).to_owned(),
        Some(Value::Null) => return "is null".to_owned(),
        Some(Value::Number(_)) if wanted == "text in quotes" && AMOUNTS.contains(&name) => {
            return "is a number; write amounts as strings, such as \"12.50\"".to_owned();
        }
        Some(Value::Number(_)) if expected == "i64" => return "is not a whole number, or too large".to_owned(),
        Some(Value::Number(_)) => "a number",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    };
    format!("is {found}; it must be {wanted}")
}

/// Describes a syntax error.
pub(in crate::files) fn not_json(error: &serde_json::Error) -> String {
    format!("is not JSON: {} at column {}", without_position(&error.to_string()), error.column())
}

/// Strips " at line 1 column 20": the position in the file is reported with the fact.
pub(in crate::files) fn without_position(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| message.get(..at).unwrap_or(message))
}
