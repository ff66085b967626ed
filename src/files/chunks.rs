//! An input cut into stretches of whole records, which can be read side by side.

use std::io::{self, Read};

/// The longest line of JSON Lines, and the longest row of CSV, in bytes.
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// What a stretch holds where no record is longer.
pub(super) const STRETCH_BYTES: usize = 128 << 10;

/// Some records of an input, the last one complete.
#[derive(Debug)]
pub(super) struct Stretch {
    /// The number of the line on which it begins.
    pub line: u64,
    pub bytes: Vec<u8>,
}

/// Says where the last whole record in some bytes ends that begin with a record; None: there is none.
pub(super) type LastEnd = fn(&[u8]) -> Option<usize>;

/// An input, of which a stretch is in memory.
#[derive(Debug)]
pub(super) struct Stretches<R> {
    input: R,
    last_end: LastEnd,
    /// The beginning of a record that goes on in the input.
    rest: Vec<u8>,
    /// The line on which `rest` begins.
    line: u64,
    ended: bool,
}

impl<R: Read> Stretches<R> {
    /// What is left of an input: the bytes that have been read already, and then all others.
    pub fn new(read: Stretch, input: R, last_end: LastEnd) -> Self {
        Self { input, last_end, rest: read.bytes, line: read.line, ended: false }
    }

    fn cut(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            self.ended = self.ended || read_more(&mut self.input, &mut bytes)?;
            if self.ended {
                return Ok(bytes);
            }
            if let Some(end) = (self.last_end)(&bytes) {
                self.rest = bytes.split_off(end);
                return Ok(bytes);
            }
            if bytes.len() > MAX_RECORD_BYTES {
                self.skip_line()?;
                return Ok(bytes);
            }
        }
    }

    /// A record that is too long is given out as far as it was read; the input goes on with the next line.
    fn skip_line(&mut self) -> io::Result<()> {
        while !self.ended {
            let mut more = Vec::new();
            self.ended = read_more(&mut self.input, &mut more)?;
            if let Some(end) = memchr::memchr(b'\n', &more) {
                self.rest = more.split_off(end);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Stretches<R> {
    type Item = io::Result<Stretch>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.line;
        let cut = self.cut().map(|bytes| {
            self.line = line.saturating_add(newlines(&bytes));
            (!bytes.is_empty()).then_some(Stretch { line, bytes })
        });
        cut.transpose()
    }
}

/// Reads on; true at the end of the input.
pub(super) fn read_more(input: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let wanted = STRETCH_BYTES.saturating_sub(bytes.len()).max(STRETCH_BYTES / 4);
    bytes.reserve(wanted);
    let count = input.by_ref().take(u64::try_from(wanted).unwrap_or(u64::MAX)).read_to_end(bytes)?;
    Ok(count < wanted)
}

/// How many lines end in some bytes.
pub(super) fn newlines(bytes: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u64::MAX)
}
