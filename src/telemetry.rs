//! Logs: one line an event, on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What would show parts of a database's URL that it does not know, which may be a password with a wrong name.
const SECRETS: &str = "sqlx_postgres::options=off";

/// Starts logging what the filter lets through (`info`, `warn,deltabook=debug`). A second call does nothing.
pub fn start(filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(format!("{filter},{SECRETS}"));
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let _already_started = logger.try_init();
}
