//! What can go wrong with the database.

/// A failure of the store. Its text is for operators, never for clients.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("cannot bring the tables up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("cannot open {url}: {source}")]
    Open { url: String, source: sqlx::Error },
    #[error("there is no store {0}; `deltabook serve` and `deltabook import` create one")]
    NotThere(String),
    #[error("{0} is not a database of this version: give a file name or sqlite:FILE")]
    UnknownDatabase(String),
    #[error("table {table}, {key}: {column} {problem}")]
    Corrupt { table: &'static str, key: String, column: &'static str, problem: String },
}

impl StoreError {
    /// A row that cannot be what this service wrote.
    pub fn corrupt(table: &'static str, key: impl ToString, column: &'static str, problem: impl ToString) -> Self {
        Self::Corrupt { table, key: key.to_string(), column, problem: problem.to_string() }
    }
}
