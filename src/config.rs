//! Settings that several commands share: options with their environment variables, and the configuration file.

pub mod file;

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::events::secret::SecretSource;
use crate::store::db::Settings;

/// Who works on a store without a server: whoever the machine says it is.
#[must_use]
pub fn local_author() -> Actor {
    let named =
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let user = named.or_else(|| std::fs::metadata("/proc/self").ok().map(|it| format!("uid {}", it.uid())));
    // Names this run of the command.
    let run = getrandom::u64().map(|number| format!("{number:016x}")).unwrap_or_default();
    Actor::new(&format!("local {}", user.as_deref().unwrap_or("user")), &run)
}

/// The store that a command works on.
#[derive(Debug, Clone, Args)]
pub struct StoreOptions {
    /// The store: a file name or sqlite:FILE (serve and import create it), or
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full (PostgreSQL 15 or later)
    #[arg(long, env = "DATABASE_URL", default_value = "deltabook.db", value_name = "URL", hide_env_values = true)]
    pub database_url: SecretString,

    /// Connections to the database that read, beside those that write
    #[arg(
        long,
        env = "DELTABOOK_READ_CONNECTIONS",
        default_value_t = 8,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(1..=1_000),
        hide_short_help = true
    )]
    pub read_connections: u32,

    /// PostgreSQL: seconds after which a statement is ended
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

/// Whose books a command works on.
#[derive(Debug, Clone, Args)]
pub struct TenantOption {
    /// Whose books of the store; `deltabook tenants` lists and makes them
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

/// The key with which a command asks a server. Not an option: everybody on a machine sees those.
#[derive(Debug, Clone, Args)]
pub struct KeyOptions {
    /// A file with the key to ask the server with; or the variable DELTABOOK_KEY has the key itself
    #[arg(long, env = "DELTABOOK_KEY_FILE", value_name = "FILE", hide_short_help = true)]
    pub key_file: Option<PathBuf>,
}

/// Where the key is, when no file is named.
const KEY: &str = "DELTABOOK_KEY";

impl KeyOptions {
    /// Reads the key. None: there is none.
    ///
    /// # Errors
    /// Why the file that has it cannot be read.
    pub fn read(&self) -> Result<Option<SecretString>, String> {
        match &self.key_file {
            Some(path) => read_secret(&SecretSource::File(path.clone())).map(Some),
            None if std::env::var_os(KEY).is_some() => read_secret(&SecretSource::Env(KEY.to_owned())).map(Some),
            None => Ok(None),
        }
    }
}

/// A secret that is kept elsewhere; what goes wrong is told without it.
fn read_secret(source: &SecretSource) -> Result<SecretString, String> {
    let text = match source {
        SecretSource::Env(name) => std::env::var(name).map_err(|_| format!("{source} is not set"))?,
        SecretSource::File(path) => {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {source}: {error}"))?
        }
    };
    Ok(SecretString::from(text.trim_end().to_owned()))
}

/// What a command tells of its work.
#[derive(Debug, Clone, Args)]
pub struct LogOptions {
    /// What to log, on stderr: error, warn, info, debug, or by part: info,deltabook::ledger=debug.
    #[arg(long, global = true, env = "DELTABOOK_LOG", default_value = "warn", value_name = "FILTER")]
    pub log: String,
}
