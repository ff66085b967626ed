//! What can go wrong with the database.

/// A failure of the store. Its text is for operators, never for clients.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("cannot bring the tables of the store up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("cannot open the store {url}")]
    Open { url: String, source: sqlx::Error },
    #[error("there is no store {0}; `deltabook serve` and `deltabook import` create one")]
    NotThere(String),
    #[error("{0} is not a store of deltabook")]
    NotOurs(String),
    #[error("{0} is not a database of this version: give a file name or sqlite:FILE")]
    UnknownDatabase(String),
    #[error("table {table}, {key}: {column} {problem}")]
    Corrupt { table: &'static str, key: String, column: &'static str, problem: String },
}

impl StoreError {
    /// Another process held the store for too long.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        // SQLITE_BUSY and its extended codes.
        error.code().and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == 5)
    }

    /// There is no connection to be had.
    #[must_use]
    pub fn is_away(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut};
        matches!(self, Self::Database(Io(_) | PoolClosed | PoolTimedOut))
    }

    /// A row that cannot be what this service wrote.
    pub fn corrupt(table: &'static str, key: impl ToString, column: &'static str, problem: impl ToString) -> Self {
        Self::Corrupt { table, key: key.to_string(), column, problem: problem.to_string() }
    }
}
