//! PostgreSQL, by URL.

use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::store::db::{Db, Settings};
use crate::store::error::StoreError;
use crate::store::sql::PostgresStatement;

/// Time limit of acquiring a connection, after which the database counts as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// Time limit of the first connection of a command.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit of waiting for a row that another process has locked.
const LOCK_TIMEOUT: &str = "2s";
/// Time after which an idle transaction counts as abandoned.
const IDLE_TIMEOUT: &str = "60s";
/// Oldest supported server.
const OLDEST_VERSION: i32 = 150_000;

pub(super) fn is_meant(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// URL without secrets.
pub(super) fn shown(url: &str) -> String {
    match PgConnectOptions::from_str(url) {
        Ok(options) => {
            let database = options.get_database().unwrap_or_else(|| options.get_username());
            format!("postgres://{}:{}/{database}", options.get_host(), options.get_port())
        }
        Err(_) => "postgres://…".to_owned(),
    }
}

static SERVER_VERSION: PostgresStatement = PostgresStatement::new("select current_setting('server_version_num')::int");

pub(super) async fn connect(settings: &Settings) -> Result<Db, StoreError> {
    let url = settings.url.expose_secret();
    let opened = |error| StoreError::open(shown(url), &error);
    let options = PgConnectOptions::from_str(url).map_err(opened)?;
    let options = options
        .application_name("deltabook")
        .options([
            ("statement_timeout", format!("{}ms", settings.statement_timeout.as_millis())),
            ("lock_timeout", LOCK_TIMEOUT.to_owned()),
            ("idle_in_transaction_session_timeout", IDLE_TIMEOUT.to_owned()),
        ])
        .disable_statement_logging();
    // A writer notices a lost connection by itself and takes another: testing each time costs a round trip.
    let writers = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
    // Fails at once if the server is not there, not after a timeout.
    let first = tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await;
    let mut first = first.map_err(|_| opened(sqlx::Error::PoolTimedOut))?.map_err(opened)?;
    let version: i32 = sqlx::query_scalar(SERVER_VERSION.text()).fetch_one(&mut first).await.map_err(opened)?;
    if version < OLDEST_VERSION {
        return Err(StoreError::TooOld { name: shown(url), version: version / 10_000 });
    }
    let write = writers.max_connections(WRITE_CONNECTIONS).connect_lazy_with(options.clone());
    let readers = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).max_connections(settings.read_connections);
    Ok(Db::Postgres { write, read: readers.connect_lazy_with(options) })
}

/// More than there are writers: one is for the tables and the policies.
const WRITE_CONNECTIONS: u32 = 10;
