//! Statements, found in the source code of the store: none of them has to be listed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use deltabook::store::sql::Dialect;

/// A statement as each database gets it.
pub struct Found {
    /// Module and name.
    pub name: String,
    /// None: only PostgreSQL runs it.
    pub sqlite: Option<String>,
    pub postgres: String,
}

fn store() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")
}

/// Every file of the store: its module, and its code without comments.
pub fn files() -> Vec<(String, String)> {
    let mut folders = vec![store()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((module(&path), code(&path)));
            }
        }
    }
    found.sort();
    found
}

fn module(file: &Path) -> String {
    let inside = file.strip_prefix(store()).unwrap().with_extension("");
    let names: Vec<&str> = inside.iter().map(|name| name.to_str().unwrap()).filter(|name| *name != "mod").collect();
    names.join("::")
}

fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| line.to_owned() + "\n").collect()
}

/// Every statement, by name. What makes a statement in another way than a constant of literals fails.
pub fn statements() -> Vec<Found> {
    let mut found = Vec::new();
    for (module, code) in files().into_iter().filter(|(module, _)| module != "sql") {
        let pieces: Vec<&str> = code.split("Statement::").collect();
        for pair in pieces.windows(2) {
            let &[before, after] = pair else { continue };
            let is_of_postgres = before.ends_with("Postgres");
            let type_name = if is_of_postgres { "PostgresStatement" } else { "Statement" };
            let (_, declared) = before.rsplit_once("static ").unwrap_or_else(|| panic!("{module}: no constant"));
            let (name, ends) = declared.split_once(": ").unwrap();
            assert_eq!(
                ends.trim_end_matches("Postgres").split_whitespace().collect::<Vec<_>>(),
                [type_name, "="],
                "{module}::{name} is no constant of one statement"
            );
            let name = format!("{module}::{name}");
            let literals = literals(after).unwrap_or_else(|| panic!("{name} is not made of literals"));
            let rendered = |dialect: Dialect, literal: &String| tidy(&dialect.render(literal));
            let (sqlite, postgres) = match (after.split_once('(').unwrap().0, literals.as_slice()) {
                ("new", [only]) if is_of_postgres => (None, tidy(only)),
                ("new", [both]) => (Some(rendered(Dialect::Sqlite, both)), rendered(Dialect::Postgres, both)),
                ("each", [sqlite, postgres]) => {
                    (Some(rendered(Dialect::Sqlite, sqlite)), rendered(Dialect::Postgres, postgres))
                }
                _ => panic!("{name} is made in an unknown way"),
            };
            found.push(Found { name, sqlite, postgres });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let names: BTreeSet<&String> = found.iter().map(|statement| &statement.name).collect();
    assert_eq!(names.len(), found.len());
    found
}

/// The literals that are the arguments of a call.
fn literals(call: &str) -> Option<Vec<String>> {
    let mut rest = call.split_once('(')?.1;
    let mut literals = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.starts_with(')') {
            return Some(literals);
        }
        let (literal, behind) = rest.strip_prefix('"')?.split_once('"')?;
        assert!(!literal.contains('\\'), "an escape in {literal}");
        literals.push(literal.to_owned());
        rest = behind.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// The lines of a literal without the indentation that they have in the source.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let indented = lines.iter().skip(1).filter(|line| !line.trim().is_empty());
    let margin = indented.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let tidied: Vec<&str> = lines
        .iter()
        .enumerate()
        .map(|(place, line)| line.get(if place == 0 { 0 } else { margin }..).unwrap_or_default())
        .collect();
    tidied.join("\n").trim().to_owned()
}

/// The names of the constants that are inserts.
pub fn inserts() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (module, code) in files().into_iter().filter(|(module, _)| module != "db::insert") {
        let made = code.matches("Insert::new(").count();
        let declared: Vec<&str> = code.split(": Insert = Insert::new(").collect();
        assert_eq!(declared.len() - 1, made, "{module} makes an insert that is no constant");
        for before in declared.iter().take(made) {
            let (_, name) = before.rsplit_once("static ").unwrap();
            names.insert(format!("{module}::{name}"));
        }
    }
    names
}
