//! What is wrong with an input, as `file:line: field: what is wrong`.

use std::fmt::Display;

use crate::cli::shared::output::note;

/// The most problems that are shown, the first of the input; the rest is counted.
const MAX_SHOWN: usize = 100;

/// The problems of one input.
#[derive(Debug)]
pub struct Problems {
    input: String,
    /// By line, as far as they are sorted.
    found: Vec<Found>,
    count: usize,
}

#[derive(Debug)]
struct Found {
    line: u64,
    field: String,
    description: String,
}

impl Problems {
    pub fn of(input: &str) -> Self {
        Self { input: input.to_owned(), found: Vec::new(), count: 0 }
    }

    /// Notes a problem of a field; an empty field is the whole line.
    pub fn add(&mut self, line: u64, field: &str, description: impl Display) {
        self.count = self.count.saturating_add(1);
        self.found.push(Found { line, field: field.to_owned(), description: description.to_string() });
        if self.found.len() >= MAX_SHOWN.saturating_mul(2) {
            self.sort();
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Keeps those that are shown. The problems of one line stay in the order in which they were found.
    fn sort(&mut self) {
        self.found.sort_by_key(|found| found.line);
        self.found.truncate(MAX_SHOWN);
    }

    /// Writes them to stderr.
    pub fn report(mut self) {
        self.sort();
        for Found { line, field, description } in &self.found {
            let colon = if field.is_empty() { "" } else { ": " };
            note(&format!("{}:{line}: {field}{colon}{description}", self.input));
        }
        let more = self.count.saturating_sub(self.found.len());
        if more > 0 {
            note(&format!("and {more} more"));
        }
    }
}
