//! PostgreSQL for the tests: a fresh database for each, on one server that starts when the first of them asks.
//!
//! It is the server that `DELTABOOK_TEST_POSTGRES_URL` names, such as `postgres://postgres@127.0.0.1:5432/postgres`: a
//! role that may create databases, and a database to begin with. Without it, it is a [`Server`] of our own.

pub mod debian;
mod installation;
pub mod server;

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

pub use server::Server;

const GIVEN: &str = "DELTABOOK_TEST_POSTGRES_URL";

/// Never dropped: what watches over the server ends it with the tests.
static SHARED: LazyLock<Result<Server, String>> = LazyLock::new(Server::try_own);

/// A database that is there as long as this is.
pub struct Database {
    server_url: String,
    name: String,
    url: String,
}

/// A fresh database, and a server for it if there is none yet.
pub fn database() -> Database {
    let server_url = env::var(GIVEN).unwrap_or_else(|_| match &*SHARED {
        Ok(server) => server.url(),
        Err(why) => panic!("{why}"),
    });
    Database::on(server_url)
}

impl Database {
    fn on(server_url: String) -> Self {
        let name = format!("deltabook_test_{:016x}", random());
        // Of a language in which text is not in the order of its bytes, so that who forgets to say which order is found
        // out.
        let create = format!(
            "create database {name} template template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'en-US'"
        );
        execute(&server_url, create).unwrap();
        let url = with_database(&server_url, &name);
        Self { server_url, name, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// As it may be shown to people: without who asks, and their password.
    pub fn shown(&self) -> String {
        let options: PgConnectOptions = self.url.parse().unwrap();
        format!("postgres://{}:{}/{}", options.get_host(), options.get_port(), self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = execute(&self.server_url, format!("drop database {} with (force)", self.name));
        if !std::thread::panicking() {
            dropped.unwrap();
        }
    }
}

/// Runs statements; gives the number of rows that they changed.
pub fn execute(url: &str, statements: String) -> sqlx::Result<u64> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(done.rows_affected())
    })
}

/// The one number that a question comes to.
pub fn number(url: &str, question: &'static str) -> sqlx::Result<i64> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        let number = sqlx::query_scalar(question).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(number)
    })
}

/// The columns of a table or a view.
pub fn columns(url: &str, table: &'static str) -> Vec<String> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let columns = "select column_name::text from information_schema.columns where table_name = $1";
        let columns = sqlx::query_scalar(columns).bind(table).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        columns
    })
}

/// Everything that is in its tables, row by row.
pub fn dump(url: &str) -> String {
    block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let tables = "select format('%I', tablename) from pg_tables where schemaname = 'public' order by 1";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.unwrap();
        let mut rows = Vec::new();
        for table in tables {
            let all = AssertSqlSafe(format!("select '{table}' || it::text from {table} it"));
            rows.extend(sqlx::query_scalar::<_, String>(all).fetch_all(&mut connection).await.unwrap());
        }
        connection.close().await.unwrap();
        rows.join("\n")
    })
}

/// A database as statements: what `pg_dump` gives, without comments and what is for `psql` alone.
pub fn sql_of(url: &str) -> String {
    let dump = server::program("pg_dump").args(["--no-owner", "--no-privileges", "--inserts", url]).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let text = String::from_utf8(dump.stdout).unwrap();
    let is_statement = |line: &&str| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\');
    text.split_inclusive('\n').filter(|line| is_statement(&line.trim_end())).collect()
}

/// Waits for work in a thread and a runtime of its own, so that tests of both kinds, with a runtime and without, can.
pub fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let wait = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    std::thread::scope(|scope| scope.spawn(wait).join()).unwrap()
}

/// The URL of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = url.find('?').map_or((url, ""), |at| url.split_at(at));
    let server = address.rsplit_once("://").and_then(|(_, rest)| rest.rsplit_once('/')).map(|(_, database)| database);
    let server = server.and_then(|database| address.strip_suffix(database));
    let server = server.unwrap_or_else(|| panic!("{GIVEN} has to end with the name of a database"));
    format!("{server}{name}{parameters}")
}

/// A random number.
fn random() -> u64 {
    RandomState::new().hash_one(())
}

#[test]
fn postgres_database_is_fresh_and_dropped() {
    let (one, other) = (database(), database());
    execute(one.url(), "create table mine (it text)".to_owned()).unwrap();
    assert!(execute(other.url(), "select it from mine".to_owned()).is_err());
    // Text is in the order of its bytes only where a statement says so.
    let in_order = "insert into mine select 'a' where 'a' < 'B' and 'B' < 'a' collate \"C\"".to_owned();
    assert_eq!(execute(one.url(), in_order).unwrap(), 1);
    let url = one.url().to_owned();
    drop(one);
    assert!(execute(&url, "select 1".to_owned()).is_err());
}
