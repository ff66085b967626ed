//! Events in a file, a line of JSON each, that survives a crash whole.

mod log;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::clock::Clock;
use crate::events::event_filter::Choice;
use crate::events::secret::ReadSecret;
use crate::events::sink::file::log::Log;
use crate::events::sink::{Outcome, Outgoing, payload};

/// Where the lines go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// From the working directory, unless it begins at the root.
    pub path: PathBuf,
    /// A file that would grow beyond this is put aside as `path.1`.
    #[serde(default = "hundred_megabytes")]
    pub max_bytes: u64,
    /// How many files are kept aside; the oldest goes.
    #[serde(default = "ten")]
    pub keep: u32,
}

fn hundred_megabytes() -> u64 {
    100_000_000
}

fn ten() -> u32 {
    10
}

/// The file, kept open and locked.
#[derive(Debug)]
pub struct File {
    choice: Choice,
    log: Arc<Mutex<Log>>,
}

impl File {
    /// Creates the file, or goes on after its last whole line.
    ///
    /// # Errors
    /// What is wrong with the settings, or with the file.
    pub fn open(settings: Settings, choice: Choice, _: ReadSecret<'_>, _: Clock) -> Result<Self, String> {
        payload::check(&choice)?;
        if settings.max_bytes == 0 || settings.keep == 0 {
            return Err("max_bytes and keep are at least 1".to_owned());
        }
        let path = settings.path.display().to_string();
        let log = Log::open(settings).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self { choice, log: Arc::new(Mutex::new(log)) })
    }

    /// Which events it gets.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// All of them, in one go, are on the disk when this returns; or none of them is.
    pub async fn deliver(&self, events: &[Outgoing]) -> Vec<Outcome> {
        let lines = payload::lines(events.iter().map(|event| &event.envelope), &self.choice);
        let log = Arc::clone(&self.log);
        // Disks make one wait.
        let append = move || log.lock().unwrap_or_else(PoisonError::into_inner).append(&lines);
        let outcome = match tokio::task::spawn_blocking(append).await {
            Ok(Ok(())) => Outcome::Delivered,
            Ok(Err(error)) => failed(error.to_string()),
            Err(error) => failed(error.to_string()),
        };
        vec![outcome; events.len()]
    }
}

fn failed(reason: String) -> Outcome {
    Outcome::Failed { reason, retry_after: None }
}
