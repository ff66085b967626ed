//! Stores that released versions have made: this version opens them, and answers what they answered.
//!
//! `tests/golden/stores/<version>/` has the store as a file of SQLite and as SQL of PostgreSQL, and for each of the two
//! the reports that the version itself gave. The store of a release is made once, by the release itself:
//! `cargo test --test suite -- --ignored write_the_store_of_this_release`.

use std::fs;
use std::path::Path;

use super::store;
use crate::support::golden;
use crate::support::postgres;
use crate::support::program::{CommandOutput, Folder, Row, ServerProcess, rows};
use crate::support::store::Store;

/// Each report with its command.
const REPORTS: [(&str, &str); 11] = [
    ("movements", "movements --all"),
    ("export", "export movements"),
    ("waterfall", "waterfall --from 2025-01 --to 2026-06"),
    ("waterfall_converted", "waterfall --from 2025-01 --to 2026-06 --restated --in USD --rates ECB"),
    ("mrr", "mrr --date 2026-04-30"),
    ("retention", "retention --from 2025-01 --to 2026-06"),
    ("cohorts", "cohorts --from 2025-01 --to 2025-06"),
    ("periods", "periods list"),
    ("rates", "rates list --set ECB"),
    ("audit", "audit list"),
    ("deliveries", "deliveries list --sink crm"),
];

const CONFIG: &str = r#"
[sinks.log]
kind = "file"
path = "events.jsonl"

[sinks.crm]
kind = "webhook"
url = "http://127.0.0.1:1"
secrets = [{ env = "WEBHOOK_SECRET" }]
allow_http = true
allow_private = true
"#;

fn ask(folder: &Folder, command: &str) -> String {
    let format = if command.starts_with("export") { "" } else { " --format csv" };
    folder.ask(&format!("{command}{format}"))
}

/// The folder of a database's reports, in the folder of a version.
fn reports_of(folder: &Folder) -> &'static str {
    match folder.store() {
        Store::Sqlite { .. } => "sqlite",
        Store::Postgres(_) => "postgres",
    }
}

/// Brings what a version has left into a fresh store.
fn restore(version: &Path, store: &Store) {
    match store {
        Store::Sqlite { url, .. } => drop(fs::copy(version.join("store.db"), url).unwrap()),
        Store::Postgres(database) => {
            let dump = fs::read_to_string(version.join("store.sql")).unwrap();
            postgres::execute(database.url(), dump).unwrap();
        }
    }
}

/// The rows by the columns that the golden ones have: a later version may add others.
fn known_columns(rows: Vec<Row>, golden: &[Row]) -> Vec<Row> {
    let is_known = |name: &String| golden.first().is_none_or(|row| row.contains_key(name));
    rows.into_iter().map(|row| row.into_iter().filter(|(name, _)| is_known(name)).collect()).collect()
}

#[test]
fn stores_of_released_versions_are_migrated_and_answer_as_before() {
    let versions = golden::names(&golden::path("stores"));
    let versions: Vec<String> = versions.into_iter().filter(|name| name != "book").collect();
    assert!(versions.contains(&"0.1.0".to_owned()), "{versions:?}");
    for version in versions {
        let golden = golden::path("stores").join(version);
        let store = store();
        restore(&golden, &store);
        let folder = Folder::new().on(store);
        assert_eq!(folder.run("migrate").code, Some(0));
        assert_eq!(folder.verified(), "4 customers, 18 facts, 56 journal entries");
        assert_eq!(folder.run("audit verify").code, Some(0));
        for (name, command) in REPORTS {
            let file = golden.join(reports_of(&folder)).join(format!("{name}.csv"));
            let expected = rows(&fs::read_to_string(&file).unwrap());
            assert!(!expected.is_empty(), "{name}");
            assert_eq!(known_columns(rows(&ask(&folder, command)), &expected), expected, "{}", file.display());
        }
        check_key(&golden, &folder);
        check_writing(&folder);
    }
}

/// A key that the version has made still opens the server.
fn check_key(golden: &Path, folder: &Folder) {
    let key = fs::read_to_string(golden.join(reports_of(folder)).join("reader.key")).unwrap();
    let elsewhere = Folder::with(&[("key", &key), ("wrong", &key.replace('_', "_A"))]);
    let mut serving = ServerProcess::start(folder);
    let question = format!("mrr --date 2026-04-30 --format csv --server {}", serving.url);
    assert_eq!(elsewhere.ask(&format!("{question} --key-file key")), folder.ask("mrr --date 2026-04-30 --format csv"));
    assert_eq!(elsewhere.run(&format!("{question} --key-file wrong")).code, Some(1));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

/// A closed month stays closed, facts are still recorded, and what was waiting is delivered.
fn check_writing(folder: &Folder) {
    let fact = r#"{"change_order": {"change_order_id": "N1", "customer_id": "acme", "subscription_id": "SA", "type": "MODIFY_PRICING", "effective_date": "2025-01-10", "entries": [{"line_id": "A1", "quantity": "9"}]}}"#;
    folder.write("new.jsonl", fact);
    assert_eq!(folder.run("import new.jsonl").code, Some(0));
    let movements = folder.rows("movements --customer acme --from 2025-01-10 --to 2025-01-10 --posted-from 2025-02-01");
    assert!(!movements.is_empty(), "{:?}", folder.rows("movements --all"));
    assert_eq!(folder.verified(), "4 customers, 19 facts, 62 journal entries");
    folder.write("log.toml", CONFIG.split("[sinks.crm]").next().unwrap());
    assert_eq!(folder.ask("relay --config log.toml --drain"), "");
}

#[test]
#[ignore = "writes the golden files of a release"]
fn write_the_store_of_this_release() {
    let version = golden::path("stores").join(env!("CARGO_PKG_VERSION"));
    let mut folder = Folder::new().on(store());
    folder.set("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    folder.write("deltabook.toml", CONFIG);
    for file in golden::names(&golden::path("stores/book")) {
        fs::copy(golden::path("stores/book").join(&file), folder.path(&file)).unwrap();
    }
    for (command, code) in [
        ("import facts.jsonl", 0),
        ("tenants policy --lapse-grace-days 30 --reason as_in_our_terms", 0),
        ("rates import rates.csv --set ECB", 0),
        ("override --file overrides.csv --apply", 0),
        ("periods close 2025-01 --reason agrees_with_the_bank", 0),
        ("periods close 2025-02", 0),
        ("periods close 2025-03", 0),
        ("periods reopen 2025-03 --reason an_invoice_was_missing", 0),
        ("import later_facts.jsonl", 0),
        ("relay --config deltabook.toml --drain", 1),
        ("tenants create beta", 0),
    ] {
        let output = folder.run(command);
        assert_eq!(output.code, Some(code), "{command}: {}", output.stderr);
    }
    let CommandOutput { stdout: key, .. } = folder.run("keys create --role reader --name report");
    let reports = version.join(reports_of(&folder));
    fs::create_dir_all(&reports).unwrap();
    fs::write(reports.join("reader.key"), key).unwrap();
    for (name, command) in REPORTS {
        fs::write(reports.join(format!("{name}.csv")), ask(&folder, command)).unwrap();
    }
    // The last to close a file brings its log into it.
    assert_eq!(folder.run("migrate").code, Some(0));
    match folder.store() {
        Store::Sqlite { url, .. } => {
            assert!(!Path::new(&format!("{url}-wal")).exists(), "the file alone is the store");
            let file = version.join("store.db");
            fs::copy(url, &file).unwrap();
            assert!(fs::metadata(file).unwrap().len() < 300 * 1024, "the file is for the repository");
        }
        Store::Postgres(database) => fs::write(version.join("store.sql"), postgres::sql_of(database.url())).unwrap(),
    }
}
