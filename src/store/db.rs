//! The drivers behind one enum, and connections, transactions and instants as both know them.
//!
//! A second driver is a variant here, a folder of migrations, and the statements that read sets of rows.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Sqlite, SqlitePool, Transaction};

use super::error::StoreError;

/// Connections that read beside the one that writes.
const READ_CONNECTIONS: u32 = 4;
/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

static SQLITE_MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// An open database.
#[derive(Debug, Clone)]
pub enum Db {
    /// One connection writes, so that writers queue here and not in the file's lock.
    Sqlite { write: SqlitePool, read: SqlitePool },
}

/// A transaction on either driver. Dropped without a commit, it leaves nothing.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
}

/// Runs the same expression on the connection of whichever driver it is.
macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::db::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}
pub(super) use on;

/// Fails where the tables are not there.
const IS_OURS: &str = "select exists (select 1 from _sqlx_migrations), exists (select 1 from entry)";

impl Db {
    /// Opens the database, creates it when it is not there, and brings its tables up to date.
    ///
    /// `url` is a file name or `sqlite:FILE`.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = sqlite_options(url)?;
        let opened = |source| StoreError::Open { url: url.to_owned(), source };
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(opened)?;
        SQLITE_MIGRATIONS.run(&write).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(READ_CONNECTIONS)
            .connect_with(options.read_only(true))
            .await
            .map_err(opened)?;
        Ok(Self::Sqlite { write, read })
    }

    /// Like [`Db::open`], but for questions: a database that is not there is an error.
    pub async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let file = sqlite_options(url)?.get_filename().to_owned();
        if !file.exists() {
            return Err(StoreError::NotThere(url.to_owned()));
        }
        // A file that is not ours, an empty one too, is not made ours by a question: so none of our settings here.
        let as_it_is = SqliteConnectOptions::new().filename(file).read_only(true);
        let looking = SqlitePoolOptions::new().max_connections(1).connect_with(as_it_is);
        let opened = |source| StoreError::Open { url: url.to_owned(), source };
        let looking = looking.await.map_err(opened)?;
        let found = sqlx::query(IS_OURS).fetch_one(&looking).await;
        looking.close().await;
        match found {
            Ok(_) => Self::open(url).await,
            Err(sqlx::Error::Database(error)) if error.message().starts_with("no such table") => {
                Err(StoreError::NotOurs(url.to_owned()))
            }
            Err(source) => Err(opened(source)),
        }
    }

    /// A transaction that sees one state of the database and changes nothing.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { read, .. } => Ok(Tx::Sqlite(read.begin().await?)),
        }
    }

    /// A transaction that writes. To be called in a task that is never cancelled.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        match self {
            // A transaction that reads before it writes must take the lock at once, or two of them deadlock.
            Self::Sqlite { write, .. } => Ok(Tx::Sqlite(write.begin_with("begin immediate").await?)),
        }
    }

    /// Waits for what is running and closes the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

impl Tx {
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => Ok(tx.commit().await?),
        }
    }

    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => Ok(tx.rollback().await?),
        }
    }
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let opened = |source| StoreError::Open { url: url.to_owned(), source };
    let options = if url.starts_with("sqlite:") {
        SqliteConnectOptions::from_str(url).map_err(opened)?
    } else if url.contains("://") || url.is_empty() {
        return Err(StoreError::UnknownDatabase(url.to_owned()));
    } else {
        SqliteConnectOptions::new().filename(Path::new(url))
    };
    Ok(options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging())
}

/// An instant as the database keeps it: microseconds, which is what PostgreSQL keeps.
#[must_use]
pub fn to_micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

pub(super) fn from_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}
