//! Drivers behind one enum, and the operations of a store: connections, transactions, schema, types, bulk inserts.
//!
//! | file | contents |
//! |---|---|
//! | `settings` | location and limits |
//! | `sqlite`, `postgres` | connections |
//! | `schema` | migrations, and the version of the tables |
//! | `types` | values that the databases store in different types |
//! | `insert` | bulk inserts |
//! | `lock` | locks between processes |
//!
//! Statements are in [`crate::store::sql`] and beside the functions that run them.

mod settings;
mod sqlite;
mod postgres;
mod schema;
mod types;
mod insert;
mod lock;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{Database, PgPool, Pool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::store::error::StoreError;
use crate::store::sql::Statement;

pub(super) use crate::store::db::insert::{Column, Insert, SqlType};
pub use crate::store::db::lock::Lock;
pub use crate::store::db::settings::Settings;
pub(super) use crate::store::db::types::{Instant, Json, Set};

/// Open database.
#[derive(Debug, Clone)]
pub enum Db {
    /// One connection for writes, so that writers queue here and not for the file's lock.
    Sqlite { write: SqlitePool, read: SqlitePool },
    /// Connections for reads, so that readers cannot exhaust the writers' connections.
    Postgres { write: PgPool, read: PgPool },
}

/// Transaction on either driver. Dropped without a commit, it is rolled back.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the same expression on the connection of either driver.
macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::db::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::store::db::Tx::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}
pub(super) use on;

/// Renders the name of a database for people: its URL without secrets.
#[must_use]
pub fn shown(url: &SecretString) -> String {
    let url = url.expose_secret();
    if postgres::is_meant(url) { postgres::shown(url) } else { sqlite::shown(url) }
}

/// One snapshot throughout.
const BEGIN_READ: &str = "begin isolation level repeatable read read only";
/// A transaction that reads before it writes takes SQLite's lock at once, or two of them deadlock.
const BEGIN_IMMEDIATE: &str = "begin immediate";

impl Db {
    /// Opens the database, creates its tables if there are none, and migrates older ones.
    pub async fn open(settings: impl Into<Settings>) -> Result<Self, StoreError> {
        let settings = settings.into();
        let db = Self::connect(&settings, true).await?;
        schema::bring_up_to_date(&db, &settings).await?;
        Ok(db)
    }

    /// Opens a database without changing its tables: a missing database, one that is no store, or one of another version
    /// is an error.
    pub async fn open_existing(settings: impl Into<Settings>) -> Result<Self, StoreError> {
        let settings = settings.into();
        if !postgres::is_meant(settings.url.expose_secret()) {
            sqlite::check_is_ours(&settings).await?;
        }
        let db = Self::connect(&settings, false).await?;
        schema::check(&db, &settings).await?;
        Ok(db)
    }

    async fn connect(settings: &Settings, create: bool) -> Result<Self, StoreError> {
        if postgres::is_meant(settings.url.expose_secret()) {
            return postgres::connect(settings).await;
        }
        sqlite::connect(settings, create).await
    }

    /// Begins a read-only transaction on one snapshot.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { read, .. } => Ok(Tx::Sqlite(begin(read, "begin").await?)),
            Self::Postgres { read, .. } => Ok(Tx::Postgres(begin(read, BEGIN_READ).await?)),
        }
    }

    /// Begins a read-only transaction on the writers' connections: a writer does not wait for reports.
    pub async fn read_to_write(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { write, .. } => Ok(Tx::Sqlite(begin(write, "begin").await?)),
            Self::Postgres { write, .. } => Ok(Tx::Postgres(begin(write, BEGIN_READ).await?)),
        }
    }

    /// Begins a read-only transaction for look-ups of every request, which long reports that use all read connections do
    /// not delay. (On SQLite it would have to wait for the writer.)
    pub async fn read_soon(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { .. } => self.read().await,
            Self::Postgres { .. } => self.read_to_write().await,
        }
    }

    /// Begins a transaction that writes.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { write, .. } => Ok(Tx::Sqlite(begin(write, BEGIN_IMMEDIATE).await?)),
            Self::Postgres { write, .. } => Ok(Tx::Postgres(begin(write, "begin").await?)),
        }
    }

    /// Waits for running work and closes the connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres { write, read } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

/// Begins in a task of its own: a caller that is cancelled in the middle would leave the connection in an open
/// transaction.
async fn begin<D: Database>(pool: &Pool<D>, statement: &'static str) -> Result<Transaction<'static, D>, StoreError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    Ok(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
}

static KEEP_ALIVE: Statement = Statement::new("select 1");

impl Tx {
    /// Keeps the transaction from being ended as idle.
    pub async fn keep_alive(&mut self) -> Result<(), StoreError> {
        let statement = KEEP_ALIVE.on(self);
        on!(self, connection => { sqlx::query(statement).execute(connection).await?; });
        Ok(())
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => Ok(tx.commit().await?),
            Self::Postgres(tx) => Ok(tx.commit().await?),
        }
    }

    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => Ok(tx.rollback().await?),
            Self::Postgres(tx) => Ok(tx.rollback().await?),
        }
    }
}
