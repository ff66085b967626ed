//! Options that several commands share, with their environment variables, and the configuration file (TOML).

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use secrecy::SecretString;
use toml::{Table, Value};

use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::events::outbox_pruning::DEFAULT_RETENTION;
use crate::events::secret::SecretSource;
use crate::events::sink::sink_config::{OpenSink, SinkSettings};
use crate::store::db::Settings;

/// Actor of a command that works on a store without a server: the user of the machine.
#[must_use]
pub fn local_actor() -> Actor {
    let named =
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = named.or_else(|| std::fs::metadata("/proc/self").ok().map(|it| format!("uid {}", it.uid())));
    // Identifies this run of the command; empty if the machine has no randomness.
    let run = getrandom::u64().map(|number| format!("{number:016x}")).unwrap_or_default();
    Actor::new(&format!("local {}", user.as_deref().unwrap_or("user")), &run)
}

/// Options of a command that works on a store.
#[derive(Debug, Clone, Args)]
pub struct StoreOptions {
    /// Store: a file name or sqlite:FILE (created by serve and import), or
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full (PostgreSQL 15 or later)
    #[arg(long, env = "DATABASE_URL", default_value = "deltabook.db", value_name = "URL", hide_env_values = true)]
    pub database_url: SecretString,

    /// Read connections to the database, in addition to the write connections
    #[arg(
        long,
        env = "DELTABOOK_READ_CONNECTIONS",
        default_value_t = 8,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=1_000),
        hide_short_help = true
    )]
    pub read_connections: u32,

    /// PostgreSQL: statement timeout in seconds
    #[arg(
        long,
        env = "DELTABOOK_STATEMENT_TIMEOUT",
        default_value_t = 60,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400),
        hide_short_help = true
    )]
    pub statement_timeout: u64,
}

impl From<&StoreOptions> for Settings {
    fn from(options: &StoreOptions) -> Self {
        Self {
            url: options.database_url.clone(),
            read_connections: options.read_connections,
            statement_timeout: Duration::from_secs(options.statement_timeout),
        }
    }
}

/// Option of a command that works on one tenant's books.
#[derive(Debug, Clone, Args)]
pub struct TenantOption {
    /// Tenant, from `deltabook tenants list`
    #[arg(
        long,
        env = "DELTABOOK_TENANT",
        default_value = "default",
        value_name = "ID",
        value_parser = TenantId::parse,
        hide_short_help = true
    )]
    pub tenant: TenantId,
}

/// Options for the key of a server. The key itself is no option: all users of a machine can read those.
#[derive(Debug, Clone, Args)]
pub struct KeyOptions {
    /// File with the API key; alternatively, the variable DELTABOOK_KEY contains the key itself
    #[arg(long, env = "DELTABOOK_KEY_FILE", value_name = "FILE", hide_short_help = true)]
    pub key_file: Option<PathBuf>,
}

/// Variable that has the key if no file is named.
const KEY: &str = "DELTABOOK_KEY";

impl KeyOptions {
    /// Reads the key, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self) -> Result<Option<SecretString>, String> {
        match &self.key_file {
            Some(path) => read_secret(&SecretSource::File(path.clone())).map(Some),
            None if std::env::var_os(KEY).is_some() => read_secret(&SecretSource::Env(KEY.to_owned())).map(Some),
            None => Ok(None),
        }
    }
}

/// Reads a secret; errors do not contain it.
fn read_secret(source: &SecretSource) -> Result<SecretString, String> {
    let text = match source {
        SecretSource::Env(name) => std::env::var(name).map_err(|_| format!("{source} is not set"))?,
        SecretSource::File(path) => {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {source}: {error}"))?
        }
    };
    Ok(SecretString::from(text.trim_end().to_owned()))
}

/// Option for the log of a command.
#[derive(Debug, Clone, Args)]
pub struct LogOptions {
    /// Log filter, on stderr: error, warn, info, debug, or by module such as info,deltabook::ledger=debug
    #[arg(long, global = true, env = "DELTABOOK_LOG", default_value = "warn", value_name = "FILTER")]
    pub log: String,
}

/// Option for the configuration file.
#[derive(Debug, Clone, Args)]
pub struct ConfigOptions {
    /// Configuration file with the sinks of events (docs/events.md)
    #[arg(long, env = "DELTABOOK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Contents of a configuration file.
#[derive(Debug)]
pub struct Config {
    pub sinks: Vec<SinkSettings>,
    /// Retention of events that every sink has passed.
    pub retention: TimeDelta,
}

impl Default for Config {
    fn default() -> Self {
        Self { sinks: Vec::new(), retention: DEFAULT_RETENTION }
    }
}

/// Invalid configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{}: {problem}", .path.display())]
    Malformed { path: PathBuf, problem: String },
    #[error("sink {sink}: {problem}")]
    Sink { sink: String, problem: String },
}

/// Maximum size of the file.
const MAX_BYTES: u64 = 1 << 20;
const MAX_SINKS: usize = 64;
const MAX_RETENTION_DAYS: i64 = 36_500;

impl ConfigOptions {
    /// Reads the file, if one is named.
    ///
    /// # Errors
    /// A file that cannot be read, or an invalid setting.
    pub fn read(&self) -> Result<Config, ConfigError> {
        let Some(path) = &self.config else { return Ok(Config::default()) };
        let unreadable = |error| ConfigError::Unreadable { path: path.clone(), error };
        if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
            return Err(malformed(path, "it is larger than 1 MiB"));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            // Only the number of the line: a secret may stand in it. An error without a place is at the first line.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
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
    /// Reads the secrets and opens every sink.
    ///
    /// # Errors
    /// The first sink that cannot be opened.
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
