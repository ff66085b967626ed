//! Inserting many rows at once: column by column on PostgreSQL (`unnest`), row by row in one statement on SQLite.

use std::fmt::Write as _;
use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection};

use super::{Instant, Tx};
use crate::store::error::StoreError;

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
}

/// An insert into a table. Its statements are made once, of constants.
#[derive(Debug)]
pub(in crate::store) struct Insert {
    table: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// What follows the rows: `on conflict …`.
    suffix: &'static str,
    postgres: OnceLock<String>,
    sqlite: [OnceLock<String>; CHUNKS.len()],
}

/// How many rows a statement of SQLite inserts: as many as there are, in pieces of these sizes.
const CHUNKS: [usize; 4] = [256, 32, 4, 1];

impl Insert {
    pub const fn new(table: &'static str, columns: &'static [(&'static str, Kind)], suffix: &'static str) -> Self {
        let sqlite = [const { OnceLock::new() }; CHUNKS.len()];
        Self { table, columns, suffix, postgres: OnceLock::new(), sqlite }
    }

    /// Inserts the rows; gives the number of rows inserted or updated.
    pub async fn run(&'static self, tx: &mut Tx, rows: usize, columns: Vec<Column<'_>>) -> Result<u64, StoreError> {
        match tx {
            _ if rows == 0 => Ok(0),
            Tx::Sqlite(tx) => self.run_on_sqlite(tx, rows, &columns).await,
            Tx::Postgres(tx) => self.run_on_postgres(tx, columns).await,
        }
    }

    /// All statements that it may run: on SQLite, on PostgreSQL.
    pub fn statements(&'static self) -> (Vec<&'static str>, &'static str) {
        let sqlite = (0..CHUNKS.len()).filter_map(|chunk| self.sqlite_statement(chunk)).collect();
        (sqlite, self.postgres_statement())
    }

    async fn run_on_postgres(
        &'static self,
        connection: &mut PgConnection,
        columns: Vec<Column<'_>>,
    ) -> Result<u64, StoreError> {
        let mut query = sqlx::query(self.postgres_statement());
        for column in columns {
            query = bind_array(query, column);
        }
        Ok(query.execute(connection).await?.rows_affected())
    }

    async fn run_on_sqlite(
        &'static self,
        connection: &mut SqliteConnection,
        rows: usize,
        columns: &[Column<'_>],
    ) -> Result<u64, StoreError> {
        let mut affected = 0_u64;
        let mut done = 0_usize;
        for (chunk, size) in CHUNKS.into_iter().enumerate() {
            let Some(statement) = self.sqlite_statement(chunk) else { continue };
            while rows.saturating_sub(done) >= size {
                let mut query = sqlx::query(statement);
                let next = done.saturating_add(size);
                for row in done..next {
                    for column in columns {
                        query = bind_value(query, column, row);
                    }
                }
                affected = affected.saturating_add(query.execute(&mut *connection).await?.rows_affected());
                done = next;
            }
        }
        Ok(affected)
    }

    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    fn postgres_statement(&'static self) -> &'static str {
        self.postgres.get_or_init(|| {
            let arrays: Vec<String> = self
                .columns
                .iter()
                .enumerate()
                .map(|(index, (_, kind))| format!("${}::{}[]", index.saturating_add(1), kind.on_postgres()))
                .collect();
            let values: Vec<String> = self
                .columns
                .iter()
                .map(|(name, kind)| if *kind == Kind::Json { format!("{name}::jsonb") } else { (*name).to_owned() })
                .collect();
            let names = self.names();
            format!(
                "insert into {} ({names}) select {} from unnest({}) as new ({names}) {}",
                self.table,
                values.join(", "),
                arrays.join(", "),
                self.suffix
            )
        })
    }

    fn sqlite_statement(&'static self, chunk: usize) -> Option<&'static str> {
        let (size, statement) = (CHUNKS.get(chunk)?, self.sqlite.get(chunk)?);
        Some(statement.get_or_init(|| {
            let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
            let mut text = format!("insert into {} ({}) values ", self.table, self.names());
            let _infallible = write!(text, "{} {}", vec![row; *size].join(", "), self.suffix);
            text
        }))
    }
}

impl Kind {
    fn on_postgres(self) -> &'static str {
        match self {
            Self::Text | Self::Json => "text",
            Self::Integer => "bigint",
            Self::Small => "smallint",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Instant => "timestamptz",
        }
    }
}

type PgQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;
type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn bind_array<'q>(query: PgQuery<'q>, column: Column<'q>) -> PgQuery<'q> {
    match column {
        Column::Text(values) => query.bind(values),
        Column::OptionalText(values) => query.bind(values),
        Column::Owned(values) => query.bind(values),
        Column::Integer(values) => query.bind(values),
        Column::OptionalInteger(values) => query.bind(values),
        Column::Small(values) => query.bind(values),
        Column::Boolean(values) => query.bind(values),
        Column::Date(values) => query.bind(values),
        Column::OptionalDate(values) => query.bind(values),
        Column::Instant(values) => query.bind(values),
    }
}

fn bind_value<'q>(query: SqliteQuery<'q>, column: &'q Column<'_>, row: usize) -> SqliteQuery<'q> {
    match column {
        Column::Text(values) => query.bind(values.get(row).copied()),
        Column::OptionalText(values) => query.bind(values.get(row).copied().flatten()),
        Column::Owned(values) => query.bind(values.get(row).map(String::as_str)),
        Column::Integer(values) => query.bind(values.get(row)),
        Column::OptionalInteger(values) => query.bind(values.get(row).copied().flatten()),
        Column::Small(values) => query.bind(values.get(row)),
        Column::Boolean(values) => query.bind(values.get(row)),
        Column::Date(values) => query.bind(values.get(row)),
        Column::OptionalDate(values) => query.bind(values.get(row).copied().flatten()),
        Column::Instant(values) => query.bind(values.get(row).map(|instant| Instant(*instant))),
    }
}
