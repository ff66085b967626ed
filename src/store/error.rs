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
