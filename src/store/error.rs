//! Failures of the store.

use crate::bug::Bug;

/// Failure of the store. Its text is for operators, never for clients.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    // Without a source: the drivers repeat it in their own text.
    #[error("the database failed: {}", message(.0))]
    Database(sqlx::Error),
    #[error("cannot bring the tables of the store up to date: {0}")]
    Migration(sqlx::migrate::MigrateError),
    #[error("cannot open the store {name}: {reason}")]
    Open { name: String, reason: String },
    #[error("there is no store {0}; `deltabook serve` and `deltabook import` create one")]
    NotThere(String),
    #[error("{0} is not a store of deltabook")]
    NotOurs(String),
    #[error("the store {0} is of an older version; `deltabook migrate` brings it up to date")]
    OlderVersion(String),
    #[error("the store {0} is of a newer version of deltabook than this one")]
    NewerVersion(String),
    #[error("{name} is PostgreSQL {version}; 15 or later is needed")]
    TooOld { name: String, version: i32 },
    #[error("{0} is no kind of database that is known: give a file name, sqlite:FILE or postgres://USER@HOST/DATABASE")]
    UnknownDatabase(String),
    #[error("table {table}, {key}: {column} {problem}")]
    Corrupt { table: &'static str, key: String, column: &'static str, problem: String },
    #[error(transparent)]
    Bug(#[from] Bug),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(error)
    }
}

/// Message of the server, the operating system or the driver.
fn message(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "it does not answer".to_owned(),
        other => other.to_string(),
    }
}

impl StoreError {
    /// Tells if another process held the store, or rows of it, for too long.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        // PostgreSQL: serialization_failure, deadlock_detected, lock_not_available.
        self.has_code(&["40001", "40P01", "55P03"]) || self.is_sqlite_busy()
    }

    /// Tells if a statement exceeded its time limit.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.has_code(&["57014"])
    }

    /// Tells if no connection became available in time.
    #[must_use]
    pub fn is_timed_out(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::PoolTimedOut))
    }

    /// Tells if the connection was lost or refused.
    #[must_use]
    pub fn is_away(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
        // PostgreSQL: shut down, starting up, too many connections, a standby that cannot write, lost connections.
        const AWAY: &[&str] =
            &["57P01", "57P02", "57P03", "57P05", "53300", "25006", "08000", "08003", "08006", "08001", "08004"];
        let lost =
            matches!(self, Self::Database(Io(_) | PoolClosed | PoolTimedOut | Protocol(_) | Tls(_) | WorkerCrashed));
        lost || self.has_code(AWAY)
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| codes.contains(&code.as_ref()))
    }

    fn is_sqlite_busy(&self) -> bool {
        const SQLITE_BUSY: i32 = 5;
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_none() {
            return false;
        }
        // Extended result codes keep it in their last byte.
        error.code().and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == SQLITE_BUSY)
    }

    /// Failure to open a store, in the words of the driver.
    pub(super) fn open(name: impl ToString, error: &sqlx::Error) -> Self {
        Self::Open { name: name.to_string(), reason: message(error) }
    }

    /// Row that this service cannot have written.
    pub fn corrupt(table: &'static str, key: impl ToString, column: &'static str, problem: impl ToString) -> Self {
        Self::Corrupt { table, key: key.to_string(), column, problem: problem.to_string() }
    }
}
