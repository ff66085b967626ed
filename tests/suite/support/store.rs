//! A fresh store for a test: a file in a folder of its own, or a database of its own.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;

use super::postgres::{self, Database, block_on};

/// A store that exists as long as this value; not opened yet.
pub enum Store {
    Sqlite { _folder: TempDir, url: String },
    Postgres(Database),
}

pub fn sqlite() -> Store {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("books.db").to_str().unwrap().to_owned();
    Store::Sqlite { _folder: folder, url }
}

pub fn postgres() -> Store {
    Store::Postgres(postgres::database())
}

impl Store {
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite { url, .. } => url,
            Self::Postgres(database) => database.url(),
        }
    }

    /// As the service shows it to people.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite { url, .. } => url.clone(),
            Self::Postgres(database) => database.shown(),
        }
    }

    /// Whether it has been opened, which creates it.
    pub fn is_there(&self) -> bool {
        match self {
            Self::Sqlite { url, .. } => Path::new(url).exists(),
            Self::Postgres(database) => postgres::execute(database.url(), "select from entry".to_owned()).is_ok(),
        }
    }

    /// Changes rows behind the service's back, whatever the tables' constraints and triggers say of them; gives their
    /// number.
    pub fn tamper(&self, statement: &str) -> u64 {
        let disarmed = match self {
            Self::Sqlite { .. } => format!(
                "pragma ignore_check_constraints = on; pragma foreign_keys = off; {DROP_UNIQUE}; {}; {statement}",
                TRIGGERS.map(|name| format!("drop trigger if exists {name}")).join("; "),
            ),
            Self::Postgres(_) => format!("{DROP_CHECKS}; {DROP_UNIQUE}; {DROP_TRIGGERS}; {statement}"),
        };
        self.execute(&disarmed).unwrap()
    }

    /// Runs a statement past the program; gives the number of rows that it changed.
    pub fn execute(&self, statement: &str) -> sqlx::Result<u64> {
        match self {
            Self::Sqlite { url, .. } => block_on(async {
                let options = SqliteConnectOptions::new().filename(url);
                let mut connection = SqliteConnection::connect_with(&options).await?;
                let changed = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await;
                connection.close().await?;
                Ok(changed?.rows_affected())
            }),
            Self::Postgres(database) => postgres::execute(database.url(), statement.to_owned()),
        }
    }

    /// Sessions that are idle in a transaction.
    pub fn sessions_left_in_a_transaction(&self) -> i64 {
        match self {
            // Its one writer would be the session, and nothing would go on.
            Self::Sqlite { .. } => 0,
            Self::Postgres(database) => postgres::number(database.url(), LEFT_IN_A_TRANSACTION).unwrap(),
        }
    }

    /// The columns of a table or a view; none if there is no such table.
    pub fn columns(&self, table: &'static str) -> BTreeSet<String> {
        let columns: Vec<String> = match self {
            Self::Sqlite { url, .. } => block_on(async {
                let options = SqliteConnectOptions::new().filename(url);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                let columns = sqlx::query_scalar("select name from pragma_table_info($1)").bind(table);
                let columns = columns.fetch_all(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                columns
            }),
            Self::Postgres(database) => postgres::columns(database.url(), table),
        };
        columns.into_iter().collect()
    }

    /// Replaces a text in the body of a fact.
    pub fn tamper_with_fact(&self, fact_id: &str, from: &str, to: &str) -> u64 {
        let body = match self {
            Self::Sqlite { .. } => format!("replace(body, '{from}', '{to}')"),
            Self::Postgres(_) => format!("replace(body::text, '{from}', '{to}')::jsonb"),
        };
        self.tamper(&format!("update fact set body = {body} where fact_id = '{fact_id}'"))
    }
}

const DROP_UNIQUE: &str = "drop index if exists entry_reverses";

const TRIGGERS: [&str; 16] = [
    "fact_replaced",
    "entry_replaced",
    "closing_replaced",
    "audit_entry_replaced",
    "entry_in_open_month",
    "fact_changed",
    "fact_deleted",
    "entry_changed",
    "entry_deleted",
    "closing_changed",
    "closing_deleted",
    "audit_entry_changed",
    "audit_entry_deleted",
    "exchange_rate_replaced",
    "exchange_rate_changed",
    "exchange_rate_deleted",
];

const DROP_TRIGGERS: &str = "
    drop trigger if exists entry_in_open_month on entry;
    drop trigger if exists fact_stays on fact;
    drop trigger if exists entry_stays on entry;
    drop trigger if exists closing_stays on closing;
    drop trigger if exists audit_entry_stays on audit_entry;
    drop trigger if exists exchange_rate_stays on exchange_rate";

const DROP_CHECKS: &str = "
    do $$ declare constraint_of record; begin
        for constraint_of in select conrelid::regclass as relation, conname as name from pg_constraint
            where contype = 'c' and connamespace = 'public'::regnamespace
        loop
            execute format('alter table %s drop constraint %I', constraint_of.relation, constraint_of.name);
        end loop;
    end $$";

const LEFT_IN_A_TRANSACTION: &str = "
    select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
