//! Settings that several commands share: options with their environment variables.

use clap::Args;

/// The store that a command works on.
#[derive(Debug, Clone, Args)]
pub struct StoreOptions {
    /// The store: a file name or sqlite:FILE (serve and import create it).
    #[arg(long, env = "DATABASE_URL", default_value = "deltabook.db", value_name = "URL")]
    pub database_url: String,
}

/// What a command tells of its work.
#[derive(Debug, Clone, Args)]
pub struct LogOptions {
    /// What to log, on stderr: error, warn, info, debug, or by part: info,deltabook::ledger=debug.
    #[arg(long, global = true, env = "DELTABOOK_LOG", default_value = "warn", value_name = "FILTER")]
    pub log: String,
}
