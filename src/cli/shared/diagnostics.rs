//! Diagnostics of an input file, one per line: `file:line: field: description`.

use std::fmt::Display;

use crate::cli::shared::output::note;

/// Maximum number of diagnostics shown, in line order; the rest are counted.
const MAX_SHOWN: usize = 100;

/// Diagnostics of one input.
#[derive(Debug)]
pub struct Diagnostics {
    input: String,
    /// Sorted by line whenever the list is cut.
    found: Vec<Diagnostic>,
    count: usize,
}

#[derive(Debug)]
struct Diagnostic {
    line: u64,
    field: String,
    description: String,
}

impl Diagnostics {
    pub fn of(input: &str) -> Self {
        Self { input: input.to_owned(), found: Vec::new(), count: 0 }
    }

    /// Adds a diagnostic for a field, or for the whole line if the field is empty.
    pub fn add(&mut self, line: u64, field: &str, description: impl Display) {
        self.count = self.count.saturating_add(1);
        self.found.push(Diagnostic { line, field: field.to_owned(), description: description.to_string() });
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

    /// Sorts by line, stably, and drops the diagnostics beyond the maximum.
    fn sort(&mut self) {
        self.found.sort_by_key(|found| found.line);
        self.found.truncate(MAX_SHOWN);
    }

    /// Writes the diagnostics to stderr.
    pub fn report(mut self) {
        self.sort();
        for Diagnostic { line, field, description } in &self.found {
            let colon = if field.is_empty() { "" } else { ": " };
            note(&format!("{}:{line}: {field}{colon}{description}", self.input));
        }
        let more = self.count.saturating_sub(self.found.len());
        if more > 0 {
            note(&format!("and {more} more"));
        }
    }
}
