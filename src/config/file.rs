//! The configuration file, TOML: which sinks get events, and how long events are kept.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use clap::Args;
use toml::{Table, Value};

use crate::clock::Clock;
use crate::config::read_secret;
use crate::events::outbox_pruning::DEFAULT_RETENTION;
use crate::events::sink::sink_config::{OpenSink, SinkSettings};

/// The file that a command reads.
#[derive(Debug, Clone, Args)]
pub struct ConfigOptions {
    /// The configuration: which sinks get events (docs/events.md)
    #[arg(long, env = "DELTABOOK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What a configuration says.
#[derive(Debug)]
pub struct Config {
    pub sinks: Vec<SinkSettings>,
    /// How long events are kept that every sink has had.
    pub retention: TimeDelta,
}

impl Default for Config {
    fn default() -> Self {
        Self { sinks: Vec::new(), retention: DEFAULT_RETENTION }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{}: {problem}", .path.display())]
    Malformed { path: PathBuf, problem: String },
    #[error("sink {sink}: {problem}")]
    Sink { sink: String, problem: String },
}

/// The largest file.
const MAX_BYTES: u64 = 1 << 20;
const MAX_SINKS: usize = 64;
const MAX_RETENTION_DAYS: i64 = 36_500;

impl ConfigOptions {
    /// Reads the file; without one there is nothing configured.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self) -> Result<Config, ConfigError> {
        let Some(path) = &self.config else { return Ok(Config::default()) };
        let unreadable = |error| ConfigError::Unreadable { path: path.clone(), error };
        if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
            return Err(malformed(path, "it is larger than 1 MiB"));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            // Not the line itself: there may be a secret in it.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            malformed(path, format!("line {line}: {}", error.message().trim()))
        })?;
        let mut config = Config::default();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("sinks", Value::Table(sinks)) => config.sinks = read_sinks(path, sinks)?,
                ("sinks", _) => return Err(malformed(path, "sinks is not a table: write [sinks.NAME]")),
                ("outbox", Value::Table(outbox)) => config.retention = read_retention(path, &outbox)?,
                ("outbox", _) => return Err(malformed(path, "outbox is not a table: write [outbox]")),
                (key, _) => return Err(malformed(path, format!("{key} is not known"))),
            }
        }
        Ok(config)
    }
}

fn read_sinks(path: &Path, sinks: Table) -> Result<Vec<SinkSettings>, ConfigError> {
    if sinks.len() > MAX_SINKS {
        return Err(malformed(path, format!("there are more than {MAX_SINKS} sinks")));
    }
    let read = |(name, value): (String, Value)| match value {
        Value::Table(table) => {
            SinkSettings::read(&name, table).map_err(|problem| ConfigError::Sink { sink: name, problem })
        }
        _ => Err(malformed(path, format!("sinks.{name} is not a table"))),
    };
    sinks.into_iter().map(read).collect()
}

fn read_retention(path: &Path, outbox: &Table) -> Result<TimeDelta, ConfigError> {
    if let Some(key) = outbox.keys().find(|key| *key != "retention_days") {
        return Err(malformed(path, format!("outbox.{key} is not known")));
    }
    let Some(value) = outbox.get("retention_days") else { return Ok(DEFAULT_RETENTION) };
    let days = value.as_integer().filter(|days| (1..=MAX_RETENTION_DAYS).contains(days));
    let days = days.and_then(TimeDelta::try_days);
    days.ok_or_else(|| {
        malformed(path, format!("outbox.retention_days is not a whole number from 1 to {MAX_RETENTION_DAYS}"))
    })
}

fn malformed(path: &Path, problem: impl Into<String>) -> ConfigError {
    ConfigError::Malformed { path: path.to_owned(), problem: problem.into() }
}

impl Config {
    /// Opens every sink, with its secrets.
    ///
    /// # Errors
    /// What is wrong with the first one that does not open.
    pub async fn open_sinks(self, clock: &Clock) -> Result<Vec<OpenSink>, ConfigError> {
        let mut open = Vec::with_capacity(self.sinks.len());
        for settings in self.sinks {
            let name = settings.name.clone();
            match settings.open(&read_secret, clock.clone()).await {
                Ok(sink) => open.push(sink),
                Err(problem) => return Err(ConfigError::Sink { sink: name, problem }),
            }
        }
        Ok(open)
    }
}
