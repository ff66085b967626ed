//! Every statement as each database gets it: `tests/sql/sqlite.sql` and `tests/sql/postgres.sql`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use deltabook::store::sql;

use super::source;

type Statements = BTreeMap<String, String>;

/// All statements and inserts, by name.
fn rendered() -> (Statements, Statements) {
    let (mut sqlite, mut postgres) = (Statements::new(), Statements::new());
    for statement in source::statements() {
        sqlite.extend(statement.sqlite.map(|text| (statement.name.clone(), text)));
        postgres.insert(statement.name, statement.postgres);
    }
    for insert in sql::inserts() {
        sqlite.insert(insert.name.to_owned(), insert.sqlite);
        postgres.extend(insert.postgres_copy.map(|text| (format!("{} (many rows)", insert.name), text)));
        postgres.insert(insert.name.to_owned(), insert.postgres);
    }
    (sqlite, postgres)
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql").join(name)
}

/// The file has these statements. With `UPDATE_GOLDEN=1` it is written instead: look at what changed.
fn assert_golden(name: &str, title: &str, statements: &Statements) {
    let mut text = format!("-- Every statement as {title} gets it. UPDATE_GOLDEN=1 cargo test --test suite golden\n");
    for (name, statement) in statements {
        write!(text, "\n-- {name}\n{};\n", statement.trim()).unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file("")).unwrap();
        fs::write(file(name), &text).unwrap();
    }
    let golden = fs::read_to_string(file(name)).unwrap_or_default();
    assert!(golden == text, "tests/sql/{name} differs from the statements of src/store; UPDATE_GOLDEN=1 writes it");
}

#[test]
fn the_statements_are_those_of_the_golden_files() {
    let (sqlite, postgres) = rendered();
    assert_golden("sqlite.sql", "SQLite", &sqlite);
    assert_golden("postgres.sql", "PostgreSQL", &postgres);
}

#[test]
fn no_statement_keeps_a_placeholder() {
    let (sqlite, postgres) = rendered();
    for (name, text) in sqlite.iter().chain(&postgres) {
        let braces = text.match_indices('{').filter(|(place, _)| !text[*place..].starts_with("{}"));
        assert_eq!(braces.count(), 0, "{name}: {text}");
    }
}

#[test]
fn every_insert_is_listed() {
    let listed: BTreeSet<String> = sql::inserts().into_iter().map(|insert| insert.name.to_owned()).collect();
    assert_eq!(listed, source::inserts());
}

/// The text of a literal beside the call would be in no golden file.
#[test]
fn the_driver_gets_only_the_texts_of_statements() {
    for (module, code) in source::files() {
        for (place, _) in code.match_indices("sqlx::query") {
            let (_, argument) = code[place..].split_once('(').unwrap();
            assert!(
                !argument.trim_start().starts_with('"'),
                "{module} has a literal that is no statement: {argument:.60}"
            );
        }
        for other in ["raw_sql", "AssertSqlSafe"] {
            assert!(!code.contains(other), "{module} names {other}");
        }
    }
}
