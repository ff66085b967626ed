//! The line on which a CSV record ends.
//!
//! The csv crate's own line numbers fall behind in files with CRLF, and after empty lines.

use std::collections::VecDeque;
use std::io::{self, Read};

/// Passes bytes through and remembers where the line feeds are that have not been asked for.
#[derive(Debug)]
pub(super) struct Newlines<R> {
    input: R,
    offset: u64,
    ahead: VecDeque<u64>,
    passed: u64,
}

impl<R> Newlines<R> {
    pub fn of(input: R) -> Self {
        Self { input, offset: 0, ahead: VecDeque::new(), passed: 0 }
    }

    /// How many line feeds there are before an offset. Offsets are asked for in rising order.
    pub fn before(&mut self, offset: u64) -> u64 {
        while self.ahead.front().is_some_and(|newline| *newline < offset) {
            self.ahead.pop_front();
            self.passed = self.passed.saturating_add(1);
        }
        self.passed
    }
}

impl<R: Read> Read for Newlines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        for byte in buffer.iter().take(count) {
            if *byte == b'\n' {
                self.ahead.push_back(self.offset);
            }
            self.offset = self.offset.saturating_add(1);
        }
        Ok(count)
    }
}
