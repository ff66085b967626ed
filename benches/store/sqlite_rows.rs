//! Baseline of a bulk import into SQLite: the rows of the import, 500 a statement and 50,000 a transaction, into
//! tables with the same indexes and with the same settings.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column, Connection, Row, Sqlite, TypeInfo, ValueRef};
use tokio_stream::StreamExt;

const ROWS_OF_STATEMENT: usize = 500;
const ROWS_OF_TRANSACTION: usize = 50_000;
/// Tables, with the order of their rows.
const TABLES: [(&str, &str); 11] = [
    ("tenant", "tenant_id"),
    ("customer", "created_at, customer_id"),
    ("fact", "recorded_at, customer_id, kind, fact_id"),
    ("entry", "sequence"),
    ("day_total", "posting_date"),
    ("month_total", "posting_month"),
    ("month_item_total", "posting_month"),
    ("renewal_total", "posting_month"),
    ("customer_total", "posting_month"),
    ("customer_pair_total", "posting_month"),
    ("outbox", "sequence"),
];

enum Value {
    Nothing,
    Integer(i64),
    Text(String),
}

/// Inserts the rows of one store into an empty one; returns the duration without reading them.
pub async fn load(from: &Path, to: &Path) -> Duration {
    let (mut from, mut to) = (open(from).await, open(to).await);
    let mut time = Duration::ZERO;
    for (table, order) in TABLES {
        let query = AssertSqlSafe(format!("select * from {table} order by {order}"));
        let mut rows = sqlx::query(query).fetch(&mut from).map(|row| values(&row.unwrap()));
        loop {
            let mut part = Vec::with_capacity(ROWS_OF_TRANSACTION);
            while part.len() < ROWS_OF_TRANSACTION
                && let Some(row) = rows.next().await
            {
                part.push(row);
            }
            if part.is_empty() {
                break;
            }
            let started = Instant::now();
            insert(&mut to, table, &part).await;
            time += started.elapsed();
        }
    }
    to.close().await.unwrap();
    time
}

/// Opens a file with the settings of the service.
async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", "-65536");
    SqliteConnection::connect_with(&options).await.unwrap()
}

fn values(row: &sqlx::sqlite::SqliteRow) -> Vec<Value> {
    let value = |index: usize| {
        let raw = row.try_get_raw(index).unwrap();
        match raw.type_info().name() {
            _ if raw.is_null() => Value::Nothing,
            "INTEGER" => Value::Integer(row.get(index)),
            _ => Value::Text(row.get(index)),
        }
    };
    row.columns().iter().map(|column| value(column.ordinal())).collect()
}

async fn insert(to: &mut SqliteConnection, table: &str, rows: &[Vec<Value>]) {
    let mut transaction = to.begin().await.unwrap();
    for rows in rows.chunks(ROWS_OF_STATEMENT) {
        let row = format!("({})", vec!["?"; rows.first().map_or(0, Vec::len)].join(", "));
        let statement = format!("insert into {table} values {}", vec![row; rows.len()].join(", "));
        let query = rows.iter().flatten().fold(sqlx::query(AssertSqlSafe(statement)), bind);
        query.execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn bind<'q>(query: Query<'q>, value: &'q Value) -> Query<'q> {
    match value {
        Value::Nothing => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
    }
}
