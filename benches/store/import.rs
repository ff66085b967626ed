//! `deltabook import` in a separate process: duration, and growth of memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::server::{PROGRAM, mebibytes, peak_mebibytes};

/// Interval between samples of the memory.
const PAUSE: Duration = Duration::from_millis(20);

/// Result of an import.
pub struct Import {
    pub time: Duration,
    pub peak_mebibytes: u64,
    /// The memory after a quarter of the time, a half, three quarters, and at the end.
    pub quarters: Vec<u64>,
}

pub fn import(file: &Path, store: &str) -> Import {
    let mut command = Command::new(PROGRAM);
    command.arg("import").arg(file).args(["--database-url", store]).stderr(Stdio::null());
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut peak, mut samples) = (0, Vec::new());
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        peak = peak_mebibytes(child.id()).unwrap_or(peak);
        samples.extend(mebibytes(child.id()));
        thread::sleep(PAUSE);
    };
    let time = started.elapsed();
    assert!(status.success(), "the import of {} failed", file.display());
    let quarters = (1..=4).filter_map(|quarter| samples.get((samples.len() * quarter / 4).checked_sub(1)?).copied());
    Import { time, peak_mebibytes: peak, quarters: quarters.collect() }
}
