//! An input cut into chunks of whole records, which can be decoded in parallel.

use std::io::{self, Read};

/// The longest line of JSON Lines, and the longest row of CSV, in bytes.
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// Size of a chunk, unless one record is longer.
pub(super) const CHUNK_BYTES: usize = 128 << 10;

/// Some records of an input, the last one complete.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The number of the line on which it begins.
    pub line: u64,
    pub bytes: Vec<u8>,
}

/// Finds the end of the last whole record in bytes that begin with a record; None without a whole record.
pub(super) type LastEnd = fn(&[u8]) -> Option<usize>;

/// Reads an input chunk by chunk.
#[derive(Debug)]
pub(super) struct Chunks<R> {
    input: R,
    last_end: LastEnd,
    /// The beginning of a record that goes on in the input.
    rest: Vec<u8>,
    /// The line on which `rest` begins.
    line: u64,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    /// Continues an input whose first bytes have been read already.
    pub fn new(read: Chunk, input: R, last_end: LastEnd) -> Self {
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

    /// Skips the remainder of a record that is too long; the next chunk begins with the next line.
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

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.line;
        let cut = self.cut().map(|bytes| {
            // A line number is for messages: beyond 2⁶⁴ it stays.
            self.line = line.saturating_add(newlines(&bytes));
            (!bytes.is_empty()).then_some(Chunk { line, bytes })
        });
        cut.transpose()
    }
}

/// Reads more bytes; true at the end of the input.
pub(super) fn read_more(input: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let wanted = CHUNK_BYTES.saturating_sub(bytes.len()).max(CHUNK_BYTES / 4);
    bytes.reserve(wanted);
    let count = input.by_ref().take(u64::try_from(wanted).unwrap_or(u64::MAX)).read_to_end(bytes)?;
    Ok(count < wanted)
}

/// Counts line feeds.
pub(super) fn newlines(bytes: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u64::MAX)
}
