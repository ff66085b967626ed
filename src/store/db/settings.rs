//! Settings of the database.

use std::time::Duration;

use secrecy::SecretString;

/// Location and limits of the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A file name or `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=…`. Shown only by
    /// [`crate::store::db::shown`].
    pub url: SecretString,
    /// Connections for reads, beside those of the writers.
    pub read_connections: u32,
    /// PostgreSQL: time limit of a statement. SQLite has none.
    pub statement_timeout: Duration,
}

/// Default number of connections for reads.
pub const READ_CONNECTIONS: u32 = 8;
/// Default time limit of a statement.
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
