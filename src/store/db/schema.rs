//! Tables and their version.

use std::time::Duration;

use sqlx::migrate::Migrator;

use crate::store::db::{Db, Settings, shown};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

static VERSION: Statement = Statement::each(
    "select coalesce(max(version), 0) from _sqlx_migrations where success",
    // Other programs keep their versions in a table of the same name.
    "select case when to_regclass('journal_sequence') is null and count(*) > 0 then -1
        else coalesce(max(version), 0) end
    from _sqlx_migrations where success",
);
/// Version of tables that belong to another program.
const FOREIGN: i64 = -1;

/// Attempts while another process changes the tables of a file, which cannot be locked against it.
const MAX_CLASHES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Creates the tables, or migrates those of an older version.
pub(super) async fn bring_up_to_date(db: &Db, settings: &Settings) -> Result<(), StoreError> {
    // The version is checked first: a role without the right to change tables can use existing ones.
    let version = version(db).await?.unwrap_or(0);
    match db {
        Db::Sqlite { write, .. } if version < latest(&SQLITE) => {
            let mut clashes = 0;
            while let Err(error) = SQLITE.run(write).await {
                clashes += 1;
                if clashes > MAX_CLASHES {
                    return Err(error.into());
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        Db::Postgres { write, .. } if (0..latest(&POSTGRES)).contains(&version) => POSTGRES.run(write).await?,
        Db::Sqlite { .. } | Db::Postgres { .. } => {}
    }
    check(db, settings).await
}

/// Checks that the tables exist and have this version.
pub(super) async fn check(db: &Db, settings: &Settings) -> Result<(), StoreError> {
    let name = || shown(&settings.url);
    let latest = match db {
        Db::Sqlite { .. } => latest(&SQLITE),
        Db::Postgres { .. } => latest(&POSTGRES),
    };
    match version(db).await? {
        None | Some(FOREIGN) => Err(StoreError::NotOurs(name())),
        Some(version) if version < latest => Err(StoreError::OlderVersion(name())),
        Some(version) if version > latest => Err(StoreError::NewerVersion(name())),
        Some(_) => Ok(()),
    }
}

/// Reads the version of the tables; None without tables.
async fn version(db: &Db) -> Result<Option<i64>, StoreError> {
    let found = match db {
        Db::Sqlite { write, .. } => sqlx::query_scalar(VERSION.on_sqlite()).fetch_one(write).await,
        Db::Postgres { write, .. } => sqlx::query_scalar(VERSION.on_postgres()).fetch_one(write).await,
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
    // Without a migration, the version of a store without tables.
    migrations.iter().map(|migration| migration.version).max().unwrap_or(0)
}
