//! SQLite, embedded: one file.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};

use super::super::error::StoreError;
use super::{Db, Settings};

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// What the connection that writes keeps of the file in memory, in KiB (SQLite counts them below zero).
const WRITE_CACHE: &str = "-65536";
/// The same for each connection that reads.
const READ_CACHE: &str = "-8192";

/// Fails where the tables are not there.
const IS_OURS: &str = "select exists (select 1 from _sqlx_migrations), exists (select 1 from entry)";

pub(super) async fn connect(settings: &Settings, create: bool) -> Result<Db, StoreError> {
    let options = options(&settings.url)?.create_if_missing(create);
    let opened = |error| StoreError::open(&settings.url, &error);
    let writing = options.clone().pragma("cache_size", WRITE_CACHE);
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(writing).await.map_err(opened)?;
    let reading = options.read_only(true).pragma("cache_size", READ_CACHE);
    let readers = SqlitePoolOptions::new().max_connections(settings.read_connections);
    let read = readers.connect_lazy_with(reading);
    Ok(Db::Sqlite { write, read })
}

/// A file that is not ours, an empty one too, is not made ours by a question: so none of our settings here.
pub(super) async fn check_is_ours(settings: &Settings) -> Result<(), StoreError> {
    let file = options(&settings.url)?.get_filename().to_owned();
    if !file.exists() {
        return Err(StoreError::NotThere(settings.url.clone()));
    }
    let as_it_is = SqliteConnectOptions::new().filename(file).read_only(true);
    let opened = |error| StoreError::open(&settings.url, &error);
    let looking: SqlitePool =
        SqlitePoolOptions::new().max_connections(1).connect_with(as_it_is).await.map_err(opened)?;
    let found = sqlx::query(IS_OURS).fetch_one(&looking).await;
    looking.close().await;
    match found {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table") => {
            Err(StoreError::NotOurs(settings.url.clone()))
        }
        Err(error) => Err(opened(error)),
    }
}

fn options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let options = if url.starts_with("sqlite:") {
        SqliteConnectOptions::from_str(url).map_err(|error| StoreError::open(url, &error))?
    } else if url.contains("://") || url.is_empty() {
        return Err(StoreError::UnknownDatabase(url.split("://").next().unwrap_or_default().to_owned()));
    } else {
        SqliteConnectOptions::new().filename(Path::new(url))
    };
    Ok(options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging())
}
