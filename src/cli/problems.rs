//! What is wrong with an input, as `file:line: field: what is wrong`.

use std::fmt::Display;

use deltabook::form::violation::Violation;

use super::output::note;

/// The most problems that are shown; the rest is counted.
const MAX_SHOWN: usize = 100;

/// The problems of one input.
pub struct Problems {
    input: String,
    shown: Vec<String>,
    count: usize,
}

impl Problems {
    pub fn of(input: &str) -> Self {
        Self { input: input.to_owned(), shown: Vec::new(), count: 0 }
    }

    /// Notes a problem of a field; an empty field is the whole line.
    pub fn add(&mut self, line: u64, field: &str, description: impl Display) {
        self.count = self.count.saturating_add(1);
        if self.shown.len() < MAX_SHOWN {
            let colon = if field.is_empty() { "" } else { ": " };
            self.shown.push(format!("{}:{line}: {field}{colon}{description}", self.input));
        }
    }

    pub fn add_all(&mut self, line: u64, violations: &[Violation]) {
        for violation in violations {
            self.add(line, &violation.field, &violation.description);
        }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Writes them to stderr.
    pub fn report(&self) {
        for problem in &self.shown {
            note(problem);
        }
        let more = self.count.saturating_sub(self.shown.len());
        if more > 0 {
            note(&format!("and {more} more"));
        }
    }
}
