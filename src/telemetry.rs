//! Logs: one line an event, on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging what the filter lets through (`info`, `warn,deltabook=debug`). A second call does nothing.
pub fn start(filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(filter);
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let _already_started = logger.try_init();
}
