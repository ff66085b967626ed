//! Writing to stdout and stderr: the formats, and a pipe that is closed at the other end.

use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use serde::Serialize;

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
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(StdoutClosed.into()),
        Err(error) => Err(anyhow::Error::new(error).context("failed to write to stdout")),
    }
}

/// Writes a line to stderr. That stderr is closed is nobody's problem, so not `eprintln!`, which panics.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

pub fn jsonl<T: Serialize>(out: &mut dyn Write, records: impl IntoIterator<Item = T>) -> io::Result<()> {
    for record in records {
        serde_json::to_writer(&mut *out, &record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

pub fn csv<const N: usize>(
    out: &mut dyn Write,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header).map_err(io_error)?;
    for row in rows {
        writer.write_record(row).map_err(io_error)?;
    }
    writer.flush()
}

/// csv's own conversion hides which error of the output it was.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
