//! A fact as parsed from a file: its position, its content, the violations of its form.

use std::borrow::Cow;

use crate::codec::decode;
use crate::codec::dto::RawFact;
use crate::codec::validation::Violation;
use crate::domain::facts::fact::Fact;
use crate::files::json::value;

pub(super) const NOT_UTF8: &str = "is not text in UTF-8";

/// Position of a fact in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line number, from 1.
    pub line: u64,
    /// The field that holds the fact: `change_order`, `facts.change_orders[3]`; empty where there is none.
    pub path: Cow<'static, str>,
}

/// Fact before its values are judged.
#[derive(Debug, Clone)]
pub struct ParsedFact {
    pub place: Place,
    pub(super) fact: Option<RawFact>,
    pub(super) wrong: Vec<Violation>,
    /// Maps a field that [`decode`] names to its name in the input.
    pub(super) name: fn(&str) -> String,
}

impl Default for ParsedFact {
    fn default() -> Self {
        Self::new(0, "", (None, vec![]))
    }
}

impl ParsedFact {
    pub(super) fn new(line: u64, path: impl Into<Cow<'static, str>>, (fact, wrong): value::Parsed<RawFact>) -> Self {
        Self { place: Place { line, path: path.into() }, fact, wrong, name: str::to_owned }
    }

    pub(super) fn unreadable(line: u64, description: impl Into<String>) -> Self {
        Self::new(line, "", (None, vec![Violation { field: String::new(), description: description.into() }]))
    }

    /// The fact as text; its values are not judged yet.
    ///
    /// # Errors
    /// Wrong types, unknown fields, or text that is not JSON at all.
    pub fn raw(self) -> Result<RawFact, Vec<Violation>> {
        match self.fact {
            Some(fact) if self.wrong.is_empty() => Ok(fact),
            _ => Err(self.wrong),
        }
    }

    /// The fact itself.
    ///
    /// # Errors
    /// Every violation of its form and its values, each field once.
    pub fn decode(&self) -> Result<Fact, Vec<Violation>> {
        let Some(raw) = &self.fact else { return Err(self.wrong.clone()) };
        let fact = decode::fact(raw, &self.place.path).map_err(Vec::from);
        if self.wrong.is_empty() && fact.is_ok() {
            return fact;
        }
        let mut wrong = self.wrong.clone();
        let violations = fact.err().unwrap_or_default();
        let named = violations.into_iter().map(|it| Violation { field: (self.name)(&it.field), ..it });
        // A field that was left out because of its type is not reported as missing too.
        wrong.extend(named.filter(|it| !self.wrong.iter().any(|known| is_about(&known.field, &it.field))));
        Err(wrong)
    }
}

/// Tells if one field contains the other, or is the other.
fn is_about(one: &str, other: &str) -> bool {
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    holds(one, other) || holds(other, one)
}
