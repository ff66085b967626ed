//! Writing to stdout and stderr: the formats, and a pipe that is closed at the other end.

use std::io::{self, BufWriter, Seek, Write};

use clap::ValueEnum;
use deltabook::codec::tabular::csv::{push_header, push_row};
use tempfile::{SpooledData, SpooledTempFile};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for people
    Table,
    /// A JSON object a line; amounts are strings
    Jsonl,
    /// Comma-separated, with a header
    Csv,
}

/// Whoever read stdout has closed it: there is nobody left to write for.
#[derive(Debug, thiserror::Error)]
#[error("stdout is closed")]
pub struct StdoutClosed;

/// Writes to stdout.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    told(write(&mut out).and_then(|()| out.flush()))
}

fn told(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(StdoutClosed.into()),
        Err(error) => Err(anyhow::Error::new(error).context("failed to write to stdout")),
    }
}

/// What of an output is kept in memory; more goes to a temporary file without a name.
const IN_MEMORY: usize = 4 << 20;

/// Output that nobody sees until all of it is there.
#[derive(Debug)]
pub struct Spool(SpooledTempFile);

impl Default for Spool {
    fn default() -> Self {
        Self(SpooledTempFile::new(IN_MEMORY))
    }
}

impl Spool {
    pub fn push(&mut self, text: &[u8]) -> io::Result<()> {
        self.0.write_all(text)
    }

    pub fn show(mut self) -> anyhow::Result<()> {
        self.0.rewind()?;
        // Copied as what they are, files do not pass through this program.
        let mut out = io::stdout().lock();
        let copied = match self.0.into_inner() {
            SpooledData::InMemory(text) => out.write_all(text.get_ref()),
            SpooledData::OnDisk(mut file) => io::copy(&mut file, &mut out).map(|_| ()),
        };
        told(copied.and_then(|()| out.flush()))
    }
}

/// Writes a line to stderr. That stderr is closed is nobody's problem, so not `eprintln!`, which panics.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a header and rows, each as it comes: they may be many.
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
