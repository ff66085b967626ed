//! A file of whole lines, put aside when it is full.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::events::sink::file::Settings;

/// The file. It is open and locked only while something is appended: another process may serve the sink next.
#[derive(Debug)]
pub(super) struct Log {
    settings: Settings,
}

#[derive(Debug)]
struct Current {
    file: File,
    length: u64,
}

impl Log {
    /// Makes sure that the file can be written.
    pub(super) fn open(settings: Settings) -> io::Result<Self> {
        match Current::open(&settings.path) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(Self { settings }),
        }
    }

    /// Appends whole lines, and waits until they are on the disk.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let size = u64::try_from(lines.len()).map_err(io::Error::other)?;
        let mut current = Current::open(&self.settings.path)?;
        if current.length > 0 && current.length.saturating_add(size) > self.settings.max_bytes {
            put_aside(&self.settings)?;
            current = Current::open(&self.settings.path)?;
        }
        current.file.write_all(lines).and_then(|()| current.file.sync_data()).inspect_err(|_| {
            // The lines come again; should this fail too, all but a torn one stay twice.
            let _undone = current.file.set_len(current.length);
        })
    }
}

impl Current {
    fn open(path: &Path) -> io::Result<Self> {
        // Of customers and their money; whoever else is to read it is given the right to.
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("is not a file"));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process writes it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let length = whole_lines(&mut file)?;
        if length < file.metadata()?.len() {
            tracing::warn!(path = %path.display(), "cut off a line that was not written to its end");
            file.set_len(length)?;
        }
        sync_folder(path)?;
        Ok(Self { file, length })
    }
}

/// The length of the file without a last line that a crash has torn.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    const STEP: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(STEP);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::take(&mut *file, end.saturating_sub(start)).read_to_end(&mut block)?;
        if let Some(last) = memchr::memrchr(b'\n', &block) {
            end = start.saturating_add(u64::try_from(last).map_err(io::Error::other)?).saturating_add(1);
            break;
        }
        end = start;
    }
    // Where the torn line begins; a crash can also leave zeros.
    file.seek(SeekFrom::Start(end))?;
    let mut torn = [0];
    if file.read(&mut torn)? > 0 && !matches!(torn, [b'{' | 0]) {
        return Err(io::Error::other("is not a file of events"));
    }
    Ok(end)
}

/// Renames `path` to `path.1`, what was there to `path.2`, and so on; the oldest is overwritten.
fn put_aside(settings: &Settings) -> io::Result<()> {
    let aside = |number: u32| {
        let mut path = settings.path.clone().into_os_string();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    };
    for number in (1..settings.keep).rev() {
        match fs::rename(aside(number), aside(number.saturating_add(1))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(&settings.path, aside(1))
}

/// A new name lasts only when its folder is on the disk as well.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
