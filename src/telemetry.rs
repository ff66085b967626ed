//! Logging: one line an event, on stderr.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Target whose messages show unknown parts of a database's URL, such as a password under a wrong name. No filter can
/// enable it.
const SHOWS_SECRETS: &str = "sqlx_postgres::options";

/// Starts logging messages that pass the filter (`info`, `warn,deltabook=debug`). A second call does nothing.
pub fn start(filter: &str) {
    start_on(io::stderr, io::stderr().is_terminal(), filter);
}

/// Starts logging to another writer than stderr.
pub fn start_on(writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static, is_terminal: bool, filter: &str) {
    let chosen = EnvFilter::builder().parse_lossy(filter);
    let harmless = filter_fn(|metadata| !metadata.target().starts_with(SHOWS_SECRETS));
    let harmless = harmless.with_max_level_hint(LevelFilter::TRACE);
    let lines = fmt::layer().with_writer(writer).with_ansi(is_terminal);
    let _already_started = tracing_subscriber::registry().with(lines.with_filter(chosen.and(harmless))).try_init();
}
