//! SQLite, embedded: one file.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};

use crate::store::db::{Db, Settings};
use crate::store::error::StoreError;

/// Time limit of waiting for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Page cache of the connection for writes, in KiB (SQLite counts them below zero).
const WRITE_CACHE: &str = "-65536";
/// Page cache of each connection for reads.
const READ_CACHE: &str = "-8192";

/// Rows that the thread of a connection reads ahead: with fewer, it and the reader wake each other constantly.
const ROWS_AHEAD: usize = 1_024;

/// Fails without tables.
const IS_OURS: &str = "select exists (select 1 from _sqlx_migrations), exists (select 1 from entry)";

pub(super) async fn connect(settings: &Settings, create: bool) -> Result<Db, StoreError> {
    let options = options(&settings.url)?.create_if_missing(create);
    let opened = |error| StoreError::open(shown(settings.url.expose_secret()), &error);
    let writing = options.clone().pragma("cache_size", WRITE_CACHE);
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(writing).await.map_err(opened)?;
    let reading = options.read_only(true).pragma("cache_size", READ_CACHE).row_buffer_size(ROWS_AHEAD);
    let readers = SqlitePoolOptions::new().max_connections(settings.read_connections);
    let read = readers.connect_lazy_with(reading);
    Ok(Db::Sqlite { write, read })
}

/// Opens without settings: a query must not turn a foreign or empty file into a store.
pub(super) async fn check_is_ours(settings: &Settings) -> Result<(), StoreError> {
    let file = options(&settings.url)?.get_filename().to_owned();
    if !file.exists() {
        return Err(StoreError::NotThere(shown(settings.url.expose_secret())));
    }
    let as_it_is = SqliteConnectOptions::new().filename(file).read_only(true);
    let opened = |error| StoreError::open(shown(settings.url.expose_secret()), &error);
    let looking: SqlitePool =
        SqlitePoolOptions::new().max_connections(1).connect_with(as_it_is).await.map_err(opened)?;
    let found = sqlx::query(IS_OURS).fetch_one(&looking).await;
    looking.close().await;
    match found {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table") => {
            Err(StoreError::NotOurs(shown(settings.url.expose_secret())))
        }
        Err(error) => Err(opened(error)),
    }
}

/// Tells if this is a connection string of another database: with `:` and `@`, or words such as `password=`.
fn has_secrets(name: &str) -> bool {
    let has_user = name.split_once(':').is_some_and(|(_, rest)| rest.contains('@'));
    has_user || name.to_ascii_lowercase().contains("password=")
}

pub(super) fn shown(name: &str) -> String {
    match name.split_once(':') {
        _ if !has_secrets(name) => name.to_owned(),
        Some((scheme, _)) if !scheme.contains('=') => scheme.to_owned(),
        _ => "this".to_owned(),
    }
}

fn options(url: &SecretString) -> Result<SqliteConnectOptions, StoreError> {
    let name = url.expose_secret();
    let options = if name.is_empty() || has_secrets(name) {
        return Err(StoreError::UnknownDatabase(shown(name)));
    } else if name.starts_with("sqlite:") {
        SqliteConnectOptions::from_str(name).map_err(|error| StoreError::open(name, &error))?
    } else if let Some((scheme, _)) = name.split_once("://") {
        return Err(StoreError::UnknownDatabase(scheme.to_owned()));
    } else {
        SqliteConnectOptions::new().filename(Path::new(name))
    };
    Ok(options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging())
}
