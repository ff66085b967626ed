//! Inserting many rows at once: on PostgreSQL column by column (`unnest`) or, when they are very many, by COPY; on SQLite
//! row by row, many in one statement.

mod copy;
mod sqlite;
mod unnest;

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};

use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::sql::InsertTexts;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Text,
    Integer,
    Small,
    Boolean,
    Date,
    Instant,
    Json,
}

/// The values of a column, one for each row.
#[derive(Debug)]
pub(in crate::store) enum Column<'v> {
    Text(Vec<&'v str>),
    OptionalText(Vec<Option<&'v str>>),
    /// Text or JSON that is made for the insert.
    Owned(Vec<String>),
    Integer(Vec<i64>),
    OptionalInteger(Vec<Option<i64>>),
    Small(Vec<i16>),
    Boolean(Vec<bool>),
    Date(Vec<NaiveDate>),
    OptionalDate(Vec<Option<NaiveDate>>),
    Instant(Vec<DateTime<Utc>>),
    OptionalInstant(Vec<Option<DateTime<Utc>>>),
}

/// An insert into a table. Its statements are made once, of constants.
#[derive(Debug)]
pub(in crate::store) struct Insert {
    table: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// What follows the rows: `on conflict …`. Rows with it are not copied.
    suffix: &'static str,
    unnest: OnceLock<String>,
    copy: OnceLock<String>,
    sqlite: [OnceLock<String>; sqlite::CHUNKS.len()],
}

/// From so many rows on, COPY is faster than arrays.
const MANY: usize = 500;

impl Insert {
    pub const fn new(table: &'static str, columns: &'static [(&'static str, Kind)], suffix: &'static str) -> Self {
        let sqlite = [const { OnceLock::new() }; sqlite::CHUNKS.len()];
        Self { table, columns, suffix, unnest: OnceLock::new(), copy: OnceLock::new(), sqlite }
    }

    /// Inserts the rows; gives the number of rows inserted or updated.
    pub async fn run(&'static self, tx: &mut Tx, rows: usize, columns: Vec<Column<'_>>) -> Result<u64, StoreError> {
        match tx {
            _ if rows == 0 => Ok(0),
            Tx::Sqlite(tx) => self.insert_on_sqlite(tx, rows, &columns).await,
            Tx::Postgres(tx) if rows >= MANY && self.suffix.is_empty() => self.copy(tx, rows, &columns).await,
            Tx::Postgres(tx) => self.insert_arrays(tx, columns).await,
        }
    }

    /// The texts of its statements.
    pub fn texts(&self, name: &'static str) -> InsertTexts {
        let postgres_copy = self.suffix.is_empty().then(|| self.copy_text());
        InsertTexts { name, sqlite: self.sqlite_text(1), postgres: self.unnest_text(), postgres_copy }
    }

    pub const fn columns(&self) -> &'static [(&'static str, Kind)] {
        self.columns
    }

    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
