//! What an operator decides about the database.

use std::time::Duration;

use secrecy::SecretString;

/// Where the database is, and how it is used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A file name or `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=…`. Shown only by
    /// [`crate::store::db::shown`].
    pub url: SecretString,
    /// Connections that read, beside those of the writers.
    pub read_connections: u32,
    /// PostgreSQL: a statement that takes longer is ended. SQLite has none.
    pub statement_timeout: Duration,
}

/// Connections that read, unless told otherwise.
pub const READ_CONNECTIONS: u32 = 8;
/// The longest time for a statement, unless told otherwise.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_mins(1);

impl From<&str> for Settings {
    fn from(url: &str) -> Self {
        Self { url: url.into(), read_connections: READ_CONNECTIONS, statement_timeout: STATEMENT_TIMEOUT }
    }
}

impl From<&String> for Settings {
    fn from(url: &String) -> Self {
        Self::from(url.as_str())
    }
}
