//! Every statement is one that the database accepts.

use std::fs;
use std::path::Path;

use deltabook::store::db::Db;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqlSafeStr};

use super::store;
use crate::support::store::Store;

/// The statements of a golden file; a test holds that they are those of the source.
fn golden(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql").join(name);
    let text = fs::read_to_string(path).unwrap();
    let named = text.split("\n-- ").skip(1);
    named.map(|statement| statement.split_once('\n').unwrap().1.trim().to_owned()).collect()
}

/// Rows are inserted many at once, too: an insert of one row, with 256.
fn with_many_rows(statement: &str) -> Option<String> {
    let (before, rest) = statement.split_once(" values (")?;
    let (row, after) = rest.split_once(')')?;
    let is_insert_of_rows = row.chars().all(|it| "?, ".contains(it));
    is_insert_of_rows.then(|| format!("{before} values {}{after}", vec![format!("({row})"); 256].join(", ")))
}

#[tokio::test]
async fn the_database_accepts_every_statement() {
    let store = store();
    Db::open(store.url()).await.unwrap().close().await;
    let prepared = match &store {
        Store::Sqlite { url, .. } => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            let mut statements = golden("sqlite.sql");
            statements.extend(statements.clone().iter().filter_map(|statement| with_many_rows(statement)));
            prepare(&mut connection, statements).await
        }
        Store::Postgres(database) => {
            let mut connection = PgConnection::connect(database.url()).await.unwrap();
            prepare(&mut connection, golden("postgres.sql")).await
        }
    };
    assert!(prepared >= 140, "{prepared}");
}

async fn prepare<C>(connection: &mut C, statements: Vec<String>) -> usize
where
    for<'c> &'c mut C: Executor<'c>,
{
    let count = statements.len();
    for statement in statements {
        let accepted = connection.prepare(AssertSqlSafe(statement.clone()).into_sql_str()).await.map(|_| ());
        accepted.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    count
}
