//! The tables, and their version.

use sqlx::migrate::Migrator;

use super::super::error::StoreError;
use super::{Db, Settings, shown};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

const VERSION: &str = "select coalesce(max(version), 0) from _sqlx_migrations where success";

/// Creates the tables, or changes those of an older version.
pub(super) async fn bring_up_to_date(db: &Db, settings: &Settings) -> Result<(), StoreError> {
    match db {
        // The version is asked first: whoever may not change tables can use those that are there.
        Db::Sqlite { write, .. } if version(db).await?.unwrap_or(0) < latest(&SQLITE) => SQLITE.run(write).await?,
        Db::Postgres { write, .. } if version(db).await?.unwrap_or(0) < latest(&POSTGRES) => {
            POSTGRES.run(write).await?;
        }
        Db::Sqlite { .. } | Db::Postgres { .. } => {}
    }
    check(db, settings).await
}

/// Makes sure that the tables are there, and of this version.
pub(super) async fn check(db: &Db, settings: &Settings) -> Result<(), StoreError> {
    let name = || shown(&settings.url);
    let latest = match db {
        Db::Sqlite { .. } => latest(&SQLITE),
        Db::Postgres { .. } => latest(&POSTGRES),
    };
    match version(db).await? {
        None => Err(StoreError::NotOurs(name())),
        Some(version) if version < latest => Err(StoreError::OlderVersion(name())),
        Some(version) if version > latest => Err(StoreError::NewerVersion(name())),
        Some(_) => Ok(()),
    }
}

/// The version of the tables; None where there are none.
async fn version(db: &Db) -> Result<Option<i64>, StoreError> {
    let found = match db {
        Db::Sqlite { write, .. } => sqlx::query_scalar(VERSION).fetch_one(write).await,
        Db::Postgres { write, .. } => sqlx::query_scalar(VERSION).fetch_one(write).await,
    };
    match found {
        Ok(version) => Ok(Some(version)),
        Err(sqlx::Error::Database(error)) if is_no_table(error.as_ref()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_no_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    const UNDEFINED_TABLE: &str = "42P01";
    error.code().as_deref() == Some(UNDEFINED_TABLE) || error.message().starts_with("no such table")
}

fn latest(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or_default()
}
