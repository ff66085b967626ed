//! Output to stdout and stderr: formats, spooling and closed pipes.

use std::io::{self, BufWriter, Seek, Write};

use clap::ValueEnum;
use deltabook::codec::tabular::csv::{push_header, push_row};
use tempfile::{SpooledData, SpooledTempFile};

/// Output format of `deltabook classify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClassifyFormat {
    /// Aligned columns
    Table,
    /// JSON Lines, one object per line; amounts are strings
    Jsonl,
    /// CSV with a header
    Csv,
}

/// Error of a write to a pipe whose reader has closed it.
#[derive(Debug, thiserror::Error)]
#[error("stdout is closed")]
pub struct StdoutClosed;

/// Writes to stdout.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    stdout_result(write(&mut out).and_then(|()| out.flush()))
}

fn stdout_result(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(StdoutClosed.into()),
        Err(error) => Err(anyhow::Error::new(error).context("failed to write to stdout")),
    }
}

/// Bytes of spooled output in memory; beyond it an anonymous temporary file is used.
const MAX_IN_MEMORY: usize = 4 << 20;

/// Output that is held back until it is complete.
#[derive(Debug)]
pub struct Spool(SpooledTempFile);

impl Default for Spool {
    fn default() -> Self {
        Self(SpooledTempFile::new(MAX_IN_MEMORY))
    }
}

impl Spool {
    pub fn push(&mut self, text: &[u8]) -> io::Result<()> {
        self.0.write_all(text)
    }

    pub fn write_to_stdout(mut self) -> anyhow::Result<()> {
        self.0.rewind()?;
        // From a file, `io::copy` lets the kernel copy.
        let mut out = io::stdout().lock();
        let copied = match self.0.into_inner() {
            SpooledData::InMemory(text) => out.write_all(text.get_ref()),
            SpooledData::OnDisk(mut file) => io::copy(&mut file, &mut out).map(|_| ()),
        };
        stdout_result(copied.and_then(|()| out.flush()))
    }
}

/// Writes a line to stderr, and ignores a closed stderr; `eprintln!` would panic.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a CSV header and rows, row by row.
pub fn csv<const N: usize>(
    out: &mut dyn Write,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut text = Vec::new();
    push_header(&mut text, &header);
    for row in rows {
        push_row(&mut text, row.iter().map(String::as_str));
        out.write_all(&text)?;
        text.clear();
    }
    out.write_all(&text)
}
