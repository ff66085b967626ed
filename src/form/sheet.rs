//! Tables as files: rows in, bytes out as they come.

use super::csv::push_header;
use super::record::{Value, push_csv};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
}

/// A table in the making.
#[derive(Debug)]
pub struct Sheet {
    text: Vec<u8>,
}

impl Sheet {
    /// An empty table.
    #[must_use]
    pub fn new(Format::Csv: Format, columns: &[&str]) -> Self {
        let mut text = Vec::new();
        push_header(&mut text, columns);
        Self { text }
    }

    /// Adds a row: a value for each column.
    pub fn push(&mut self, values: &[Value<'_>]) {
        push_csv(&mut self.text, values);
    }

    /// The bytes that are ready and were not taken before.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text)
    }
}
