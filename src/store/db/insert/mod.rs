//! Bulk inserts.
//!
//! | file | contents |
//! |---|---|
//! | `unnest` | PostgreSQL: an array for each column |
//! | `copy` | PostgreSQL: COPY, for many rows |
//! | `sqlite` | SQLite: many rows in one statement |

mod unnest;
mod copy;
mod sqlite;

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};

use crate::bug;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::sql::InsertTexts;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum SqlType {
    Text,
    Integer,
    Small,
    Boolean,
    Date,
    Instant,
    Json,
}

/// Values of a column, one for each row.
#[derive(Debug)]
pub(in crate::store) enum Column<'v> {
    Text(Vec<&'v str>),
    OptionalText(Vec<Option<&'v str>>),
    /// Text or JSON built for the insert.
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

impl Column<'_> {
    fn rows(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::OptionalText(values) => values.len(),
            Self::Owned(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::OptionalInteger(values) => values.len(),
            Self::Small(values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::Date(values) => values.len(),
            Self::OptionalDate(values) => values.len(),
            Self::Instant(values) => values.len(),
            Self::OptionalInstant(values) => values.len(),
        }
    }
}

/// An insert into a table. Its statements are rendered once, from constants.
#[derive(Debug)]
pub(in crate::store) struct Insert {
    table: &'static str,
    columns: &'static [(&'static str, SqlType)],
    /// Clause after the rows: `on conflict …`. Rows with it are never copied.
    suffix: &'static str,
    unnest: OnceLock<String>,
    copy: OnceLock<String>,
    sqlite: [OnceLock<String>; sqlite::CHUNKS.len()],
}

/// Number of rows from which COPY is faster than arrays.
const MANY: usize = 500;

impl Insert {
    pub const fn new(table: &'static str, columns: &'static [(&'static str, SqlType)], suffix: &'static str) -> Self {
        let sqlite = [const { OnceLock::new() }; sqlite::CHUNKS.len()];
        Self { table, columns, suffix, unnest: OnceLock::new(), copy: OnceLock::new(), sqlite }
    }

    /// Inserts the rows; returns the number of rows inserted or updated.
    pub async fn run(&'static self, tx: &mut Tx, rows: usize, columns: Vec<Column<'_>>) -> Result<u64, StoreError> {
        if columns.len() != self.columns.len() || columns.iter().any(|column| column.rows() != rows) {
            return Err(bug!("values for {} are not {rows} rows of {} columns", self.table, self.columns.len()).into());
        }
        match tx {
            _ if rows == 0 => Ok(0),
            Tx::Sqlite(tx) => self.insert_on_sqlite(tx, rows, &columns).await,
            Tx::Postgres(tx) if rows >= MANY && self.suffix.is_empty() => self.copy(tx, rows, &columns).await,
            Tx::Postgres(tx) => self.insert_arrays(tx, columns).await,
        }
    }

    /// Texts of its statements.
    pub fn texts(&self, name: &'static str) -> InsertTexts {
        let postgres_copy = self.suffix.is_empty().then(|| self.copy_text());
        InsertTexts { name, sqlite: self.sqlite_text(1), postgres: self.unnest_text(), postgres_copy }
    }

    pub const fn columns(&self) -> &'static [(&'static str, SqlType)] {
        self.columns
    }

    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
