//! Locks between processes, for work that runs in one process at a time. The end of a process, of any kind, releases its
//! locks.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Postgres, pool::PoolConnection};

use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::sql::PostgresStatement;

/// Interval of the check that a lock is still held.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A lock that is held until its release, or until soon after its drop.
#[derive(Debug)]
pub struct Lock(Held);

#[derive(Debug)]
enum Held {
    /// Lock on a file beside the database.
    File(#[expect(dead_code, reason = "it is the lock")] File),
    /// Lock of a session, which lives as long as its connection.
    Session(Box<PgConnection>, i64),
}

/// The key contains the table: a database can have several stores, in schemas of their own.
static IS_LOCKED: PostgresStatement = PostgresStatement::new(
    "select exists (
        select from pg_locks
        where locktype = 'advisory' and granted and objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = ($1 # 'sink'::regclass::oid::bigint)
            and database = (select oid from pg_database where datname = current_database()))",
);
static TRY_LOCK: PostgresStatement =
    PostgresStatement::new("select pg_try_advisory_lock($1 # 'sink'::regclass::oid::bigint)");
static UNLOCK: PostgresStatement =
    PostgresStatement::new("select pg_advisory_unlock($1 # 'sink'::regclass::oid::bigint)");

impl Db {
    /// Takes the lock of this name, unless another process, or another task of this one, holds it.
    pub async fn try_lock(&self, name: &str) -> Result<Option<Lock>, StoreError> {
        match self {
            Self::Sqlite { write, .. } => {
                let database = write.connect_options().get_filename().to_owned();
                let lock = tokio::task::spawn_blocking({
                    let name = name.to_owned();
                    move || lock_file(database, &name)
                });
                lock.await.map_err(|_| sqlx::Error::WorkerCrashed)?
            }
            Self::Postgres { write, read } => {
                // A query costs less than a connection.
                let is_taken: bool = sqlx::query_scalar(IS_LOCKED.text()).bind(key(name)).fetch_one(read).await?;
                if is_taken {
                    return Ok(None);
                }
                // Detached from the pool: the lock belongs to the connection.
                let connection: PoolConnection<Postgres> = write.acquire().await?;
                let mut connection = connection.detach();
                let is_ours: bool =
                    sqlx::query_scalar(TRY_LOCK.text()).bind(key(name)).fetch_one(&mut connection).await?;
                if is_ours {
                    return Ok(Some(Lock(Held::Session(Box::new(connection), key(name)))));
                }
                connection.close().await?;
                Ok(None)
            }
        }
    }
}

impl Lock {
    /// Tells if it is still held: a connection can be lost.
    pub async fn is_held(&mut self) -> bool {
        match &mut self.0 {
            Held::File(_) => true,
            Held::Session(connection, _) => connection.ping().await.is_ok(),
        }
    }

    /// Waits until it is lost: an idle connection may be cut off.
    pub async fn lost(&mut self) {
        while self.is_held().await {
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }

    /// Releases it at once.
    pub async fn release(self) {
        if let Held::Session(mut connection, key) = self.0 {
            // A lost connection holds no lock.
            let _unlocked = sqlx::query(UNLOCK.text()).bind(key).execute(&mut *connection).await;
            let _closed = connection.close().await;
        }
    }
}

fn lock_file(database: PathBuf, name: &str) -> Result<Option<Lock>, StoreError> {
    let failed = |error: std::io::Error| StoreError::from(sqlx::Error::Io(error));
    // One lock for a file that has several names.
    let mut path = database.canonicalize().map_err(failed)?.into_os_string();
    path.push(format!("-{:016x}.lock", key(name)));
    let path = PathBuf::from(path);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(Held::File(file)))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn key(name: &str) -> i64 {
    let digest = Sha256::digest(format!("deltabook {name}"));
    let mut bytes = [0_u8; 8];
    bytes.iter_mut().zip(digest).for_each(|(byte, digested)| *byte = digested);
    i64::from_be_bytes(bytes)
}
