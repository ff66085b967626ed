//! Sources of facts: a file or a pipe that can be read a second time from its beginning.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use tempfile::SpooledTempFile;

use crate::files::csv::mapping::Mapping;
use crate::files::input::{Input, InputError};

/// Bytes of a pipe kept in memory; more goes to a temporary file.
const IN_MEMORY: usize = 4 << 20;

/// File or pipe, with the layout of its facts.
#[derive(Debug)]
pub struct Source {
    bytes: Bytes,
    /// Column mapping of CSV; None for JSON.
    mapping: Option<Mapping>,
}

enum Bytes {
    File(File),
    /// Keeps the bytes that were read, for the second reading.
    Pipe {
        input: Box<dyn Read + Send>,
        kept: SpooledTempFile,
        again: bool,
    },
}

impl Source {
    /// Opens a file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn file(path: &Path, mapping: Option<Mapping>) -> io::Result<Self> {
        let file = File::open(path)?;
        // Devices and named pipes may not be readable twice.
        Ok(if file.metadata()?.is_file() {
            Self { bytes: Bytes::File(file), mapping }
        } else {
            Self::pipe(file, mapping)
        })
    }

    pub fn pipe(input: impl Read + Send + 'static, mapping: Option<Mapping>) -> Self {
        let bytes = Bytes::Pipe { input: Box::new(input), kept: SpooledTempFile::new(IN_MEMORY), again: false };
        Self { bytes, mapping }
    }

    /// Opens the source from its current beginning.
    ///
    /// # Errors
    /// The source cannot be read, or the header of CSV is wrong.
    pub fn open(&mut self) -> Result<Input<impl Read + Send>, InputError> {
        match &self.mapping {
            Some(mapping) => Input::csv(&mut self.bytes, mapping),
            None => Ok(Input::json(&mut self.bytes)?),
        }
    }

    /// Goes back to the beginning.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        match &mut self.bytes {
            Bytes::File(file) => file.rewind(),
            Bytes::Pipe { kept, again, .. } => {
                *again = true;
                kept.rewind()
            }
        }
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Pipe { input, kept, again: false } => {
                let count = input.read(buffer)?;
                kept.write_all(buffer.get(..count).unwrap_or_default())?;
                Ok(count)
            }
            Self::Pipe { input, kept, again: true } => match kept.read(buffer)? {
                0 => input.read(buffer),
                count => Ok(count),
            },
        }
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File(_) => "file",
            Self::Pipe { .. } => "pipe",
        })
    }
}
