//! Appends events to a file, a line of JSON each, and rotates it. The file survives a crash without torn lines.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::clock::Clock;
use crate::events::event_filter::EventFilter;
use crate::events::secret::ReadSecret;
use crate::events::sink::{DeliveryOutcome, OutgoingEvent, payload};

/// Settings of the sink.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// Path of the file; a relative path starts at the working directory.
    pub path: PathBuf,
    /// Size at which the file is rotated to `path.1`.
    #[serde(default = "hundred_megabytes")]
    pub max_bytes: u64,
    /// Number of rotated files to keep.
    #[serde(default = "ten")]
    pub keep: u32,
}

fn hundred_megabytes() -> u64 {
    100_000_000
}

fn ten() -> u32 {
    10
}

/// Sink that appends to a file.
#[derive(Debug)]
pub struct File {
    filter: EventFilter,
    log: Arc<Mutex<RotatedLog>>,
}

impl File {
    /// Creates the file, or continues after its last whole line.
    ///
    /// # Errors
    /// An invalid setting, or a file that cannot be written.
    pub fn open(settings: FileSettings, filter: EventFilter, _: ReadSecret<'_>, _: Clock) -> Result<Self, String> {
        payload::check(&filter)?;
        if settings.max_bytes == 0 || settings.keep == 0 {
            return Err("max_bytes and keep are at least 1".to_owned());
        }
        let path = settings.path.display().to_string();
        let log = RotatedLog::open(settings).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self { filter, log: Arc::new(Mutex::new(log)) })
    }

    /// Filter of the events that the sink gets.
    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// Appends all events in one go: when this returns, either all or none are on the disk.
    pub async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        let lines = match payload::lines(events.iter().map(|event| &event.envelope), &self.filter) {
            Ok(lines) => lines,
            Err(bug) => return vec![failed(bug.to_string()); events.len()],
        };
        let log = Arc::clone(&self.log);
        // A slow disk must not block the async threads.
        let append = move || log.lock().unwrap_or_else(PoisonError::into_inner).append(&lines);
        let outcome = match tokio::task::spawn_blocking(append).await {
            Ok(Ok(())) => DeliveryOutcome::Delivered,
            Ok(Err(error)) => failed(error.to_string()),
            Err(error) => failed(error.to_string()),
        };
        vec![outcome; events.len()]
    }
}

fn failed(reason: String) -> DeliveryOutcome {
    DeliveryOutcome::Failed { reason, retry_after: None }
}

/// A file of whole lines that is rotated when it is full. It is open and locked only while lines are appended, because
/// another process may serve the sink next.
#[derive(Debug)]
struct RotatedLog {
    settings: FileSettings,
}

/// The open file.
#[derive(Debug)]
struct OpenLog {
    file: fs::File,
    length: u64,
}

impl RotatedLog {
    /// Checks that the file can be written.
    fn open(settings: FileSettings) -> io::Result<Self> {
        match OpenLog::open(&settings.path) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(Self { settings }),
        }
    }

    /// Appends whole lines, and waits until they are on the disk.
    fn append(&self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let size = u64::try_from(lines.len()).map_err(io::Error::other)?;
        let mut current = OpenLog::open(&self.settings.path)?;
        let is_full = current.length.checked_add(size).is_none_or(|length| length > self.settings.max_bytes);
        if current.length > 0 && is_full {
            rotate(&self.settings)?;
            current = OpenLog::open(&self.settings.path)?;
        }
        current.file.write_all(lines).and_then(|()| current.file.sync_data()).inspect_err(|_| {
            // The lines are sent again. If this fails too, whole lines stay twice and a torn one is cut off later.
            let _undone = current.file.set_len(current.length);
        })
    }
}

impl OpenLog {
    fn open(path: &Path) -> io::Result<Self> {
        // Readable by the owner only: the file has customers and their money in it.
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("is not a file"));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process writes to it"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let length = whole_lines(&mut file)?;
        if length < file.metadata()?.len() {
            tracing::warn!(path = %path.display(), "cut off an incomplete last line in the file of a sink");
            file.set_len(length)?;
        }
        sync_folder(path)?;
        Ok(Self { file, length })
    }
}

/// Length of the file without a last line that a crash has torn.
fn whole_lines(file: &mut fs::File) -> io::Result<u64> {
    const STEP: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = Vec::new();
    while end > 0 {
        // The first step may be shorter.
        let start = end.saturating_sub(STEP);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::take(&mut *file, end - start).read_to_end(&mut block)?;
        if let Some(last) = memchr::memrchr(b'\n', &block) {
            end = start + u64::try_from(last).map_err(io::Error::other)? + 1;
            break;
        }
        end = start;
    }
    // The torn line begins like an event, or, after a crash, with zeros.
    file.seek(SeekFrom::Start(end))?;
    let mut torn = [0];
    if file.read(&mut torn)? > 0 && !matches!(torn, [b'{' | 0]) {
        return Err(io::Error::other("is not a file of events"));
    }
    Ok(end)
}

/// Renames `path` to `path.1`, `path.1` to `path.2`, and so on; overwrites the oldest.
fn rotate(settings: &FileSettings) -> io::Result<()> {
    let rotated = |number: u32| {
        let mut path = settings.path.clone().into_os_string();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    };
    for number in (1..settings.keep).rev() {
        match fs::rename(rotated(number), rotated(number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(&settings.path, rotated(1))
}

/// Makes new names durable: they are stored in the folder.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}
