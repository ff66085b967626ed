//! Statements: SQL literals, rendered once for each database.
//!
//! A [`Statement`] stands beside the function that runs it, as one literal. A placeholder in braces stands for what the two
//! databases spell differently and for what several statements share; [`placeholder`] has the table of them. The few
//! statements that differ in more than spelling have a literal for each database. Values are bound: none is ever part of
//! a text.
//!
//! `tests/sql/` has every statement as the databases get it, ready for a SQL client. A test finds the statements in the
//! source, so that none can be left out, and another one prepares them on both databases.

mod inserts;
mod part;
mod placeholder;

use std::sync::OnceLock;

use crate::store::db::Tx;
pub use crate::store::sql::inserts::{InsertTexts, inserts};
pub use crate::store::sql::placeholder::Dialect;

/// A statement, rendered when it is first used.
#[derive(Debug)]
pub(in crate::store) struct Statement {
    sqlite: Text,
    postgres: Text,
}

#[derive(Debug)]
struct Text {
    literal: &'static str,
    rendered: OnceLock<String>,
}

impl Statement {
    /// One literal for both databases.
    pub const fn new(literal: &'static str) -> Self {
        Self::each(literal, literal)
    }

    /// A literal for SQLite and one for PostgreSQL.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite: Text::new(sqlite), postgres: Text::new(postgres) }
    }

    /// The text for the database of a transaction.
    pub fn on(&'static self, tx: &Tx) -> &'static str {
        match tx {
            Tx::Sqlite(_) => self.on_sqlite(),
            Tx::Postgres(_) => self.on_postgres(),
        }
    }

    pub fn on_sqlite(&'static self) -> &'static str {
        self.sqlite.render(Dialect::Sqlite)
    }

    pub fn on_postgres(&'static self) -> &'static str {
        self.postgres.render(Dialect::Postgres)
    }
}

impl Text {
    const fn new(literal: &'static str) -> Self {
        Self { literal, rendered: OnceLock::new() }
    }

    fn render(&'static self, dialect: Dialect) -> &'static str {
        self.rendered.get_or_init(|| dialect.render(self.literal))
    }
}

/// A statement that only PostgreSQL runs. It has no placeholders.
#[derive(Debug)]
pub(in crate::store) struct PostgresStatement(&'static str);

impl PostgresStatement {
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    pub const fn text(&self) -> &'static str {
        self.0
    }
}
