//! The command line as a whole: the demo, the help, the questions and their formats, and what goes wrong.

use std::io;

use serde_json::Value;

use super::binary::{Folder, rows};

/// A contract with a new price in April, and one in euros that runs out.
const FACTS: &str = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"change_order": {"change_order_id": "O1", "customer_id": "acme", "subscription_id": "S1", "type": "MODIFY_PRICING", "effective_date": "2025-04-01", "entries": [{"line_id": "L1", "quantity": "12", "unit_price": "120.25"}]}}
{"subscription_line": {"line_id": "M1", "subscription_id": "T1", "customer_id": "globex", "item_id": "basic", "charge_kind": "RECURRING", "currency": "EUR", "start_date": "2025-01-15", "end_date": "2026-01-15", "price_steps": [{"quantity": "1", "unit_price": "1200.30", "interval": {"unit": "YEAR", "count": 1}}]}}
"#;

pub fn with_a_store() -> Folder {
    let folder = Folder::with(&[("facts.jsonl", FACTS)]);
    let said = folder.run("import facts.jsonl");
    assert_eq!(said.stderr, "3 facts recorded, 0 were there already; 8 journal entries\n");
    folder
}

#[test]
fn the_demo_shows_movements_a_reason_and_a_waterfall_and_ends() {
    let folder = Folder::new();
    let told = folder.ask("demo --exit");
    let sections = ["Sent ", "The last movements of ", "Why movement ", "The waterfall of "];
    let places: Vec<Option<usize>> = sections.iter().map(|section| told.find(section)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told}");
    let why = told.split("Why movement ").nth(1).unwrap();
    assert!(why.contains("\n  R8 ") && why.contains("\n  Event of the date: "), "{why}");
    let waterfall = told.split("The waterfall of ").nth(1).unwrap();
    assert!(waterfall.lines().count() >= 12 + 3, "{waterfall}");
    assert!(folder.names().is_empty());
}

#[test]
fn every_command_explains_itself_and_its_options() {
    let whom = ["--database-url", "--server", "--format"];
    let commands: [(&str, &[&str]); 9] = [
        ("demo", &["--exit"]),
        ("serve", &["--listen", "--database-url", "DELTABOOK_LISTEN", "DATABASE_URL"]),
        ("classify", &["--format", "--level", "--events", "--lapse-grace-days", "<FILE>"]),
        ("import", &["--map", "--set", "--skip-invalid", "--database-url", "<FILE>", "unit_price", "amount"]),
        (
            "movements",
            &["--customer", "--level", "--category", "--from", "--to", "--live", "--by-date", "--limit", "--all"],
        ),
        ("explain", &["--format", "<ID>"]),
        ("waterfall", &["--level", "--year", "--from", "--to", "--currency", "--customer"]),
        ("mrr", &["--date", "--level", "--currency", "--customer"]),
        ("verify", &["--database-url", "exit code 1"]),
    ];
    let folder = Folder::new();
    let overview = folder.ask("--help");
    for (command, options) in commands {
        assert!(overview.lines().any(|line| line.trim_start().starts_with(command)), "{command} in {overview}");
        let help = folder.ask(&format!("{command} --help"));
        assert!(help.contains(&format!("Usage: deltabook {command}")), "{help}");
        let is_question = ["movements", "explain", "waterfall", "mrr"].contains(&command);
        for option in options.iter().chain(if is_question { &whom[..] } else { &[] }) {
            assert!(help.contains(option), "{option} in {help}");
        }
        assert!(folder.ask(&format!("{command} -h")).starts_with(help.lines().next().unwrap()), "{command}");
    }
    let nothing = folder.command("").env_remove("DELTABOOK_LOG").output().unwrap();
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("\nExamples:\n"));
    assert_eq!(nothing.status.code(), Some(2));
    assert_eq!(folder.run("waterfall --yaer 2025").code, Some(2));
}

#[test]
fn tables_are_for_people() {
    let folder = with_a_store();
    let movements = "\
id  date        customer  level     category  subcategory        item   MRR before    change  MRR after  currency  by
--- ----------- --------- --------- --------- ------------------ ------ ----------- --------- ---------- --------- ------------------
 8  2026-01-15  globex    CUSTOMER  CHURN     CUSTOMER_CHURN     basic     100.025  -100.025       0.00  EUR       natural end of M1
 6  2025-01-15  globex    CUSTOMER  NEW       NEW_CUSTOMER       basic        0.00  +100.025    100.025  EUR       start of M1
 4  2025-04-01  acme      CUSTOMER  UPSELL    QUANTITY_INCREASE  seats    1,000.00   +443.00   1,443.00  USD       change order O1
";
    assert_eq!(folder.ask("movements --level customer --limit 3"), movements);
    let waterfall = "\
month    currency   opening   new  reactivation  upsell  downsell  churn  ignored   closing
-------- --------- --------- ----- ------------- ------- --------- ------ -------- ---------
2025-03  USD       1,000.00  0.00          0.00    0.00      0.00   0.00     0.00  1,000.00
2025-04  USD       1,000.00  0.00          0.00  443.00      0.00   0.00     0.00  1,443.00
";
    assert_eq!(folder.ask("waterfall --from 2025-03 --to 2025-04 --currency USD"), waterfall);
    let mrr = "\
date        currency       MRR        ARR
----------- --------- --------- ----------
2025-12-31  EUR        100.025   1,200.30
2025-12-31  USD       1,443.00  17,316.00
";
    assert_eq!(folder.ask("mrr --date 2025-12-31"), mrr);
    assert_eq!(folder.ask("mrr --date 2024-12-31"), "nothing found\n");
    assert_eq!(folder.ask("movements --customer nobody"), "nothing found\n");
}

#[test]
fn csv_and_json_say_the_same() {
    let folder = with_a_store();
    for question in ["movements --all", "waterfall --year 2025", "mrr --date 2025-12-31", "mrr --date 2024-12-31"] {
        let csv = rows(&folder.ask(&format!("{question} --format csv")));
        let json: Vec<serde_json::Map<String, Value>> =
            serde_json::from_str(&folder.ask(&format!("{question} --format json"))).unwrap();
        assert_eq!(csv.len(), json.len());
        for (row, object) in csv.into_iter().zip(json) {
            for (column, text) in row {
                match object.get(&column) {
                    None => assert_eq!(text, "", "{column}"),
                    Some(Value::Array(values)) => {
                        let values: Vec<&str> = values.iter().map(|value| value.as_str().unwrap()).collect();
                        assert_eq!(text, values.join("; "), "{column}");
                    }
                    Some(Value::String(value)) => assert_eq!(&text, value, "{column}"),
                    // Counts; amounts are strings.
                    Some(value) => {
                        assert_eq!((text, column.ends_with("_count")), (value.to_string(), true), "{column}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_movement_is_explained_in_words_and_as_json() {
    let folder = with_a_store();
    let text = folder.ask("explain 4");
    let summary = "UPSELL / QUANTITY_INCREASE of 443 USD a month (MRR 1000 → 1443) for acme, item seats, on 2025-04-01, at \
                   CUSTOMER level, by change order O1.";
    assert_eq!(text.lines().next(), Some(summary));
    assert!(text.ends_with("\n  Event of the date: Upgraded of 443 USD on 2025-04-01\n"), "{text}");
    let json: Value = serde_json::from_str(&folder.ask("explain 4 --format json")).unwrap();
    assert_eq!(json["summary"], summary);
    assert_eq!(json["movement"]["mrr_delta"], "443");
    let rules: Vec<&str> = json["reasons"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["R2", "R4", "R7", "R8", "R12"]);
    assert!(rules.iter().all(|rule| text.contains(&format!("\n  {rule} "))), "{text}");
    folder.refuses("explain 99", "error: there is no movement 99\n");
    folder.refuses("explain x", "error: movement_id: is not a movement id: a whole number above 0\n");
}

#[test]
fn a_store_or_server_that_is_not_there_is_named() {
    let folder = Folder::new();
    let missing = "error: there is no store no.db; `deltabook serve` and `deltabook import` create one\n";
    for question in ["movements", "explain 1", "waterfall --year 2025", "mrr", "verify"] {
        folder.refuses(&format!("{question} --database-url no.db"), missing);
    }
    assert!(folder.names().is_empty());
    folder.refuses(
        "mrr --database-url mysql://anna:secret@localhost/books",
        "error: mysql is no kind of database that is known: give a file name, sqlite:FILE or \
         postgres://USER@HOST/DATABASE\n",
    );
    folder.write("empty.db", "");
    folder.refuses("mrr --database-url empty.db", "error: empty.db is not a store of deltabook\n");
    folder.write("notes.txt", "not a database, but long enough to be looked at as one by whoever opens it");
    for (command, named) in [
        ("mrr --database-url notes.txt", "error: cannot open the store notes.txt: "),
        // A port on which nobody can listen.
        (
            "mrr --database-url postgres://anna:secret@127.0.0.1:1/books",
            "error: cannot open the store postgres://127.0.0.1:1/books: ",
        ),
        ("mrr --server http://127.0.0.1:0", "error: cannot reach the server at http://127.0.0.1:0: "),
        ("mrr --server nonsense", "error: cannot reach the server at nonsense: "),
        ("import no.jsonl", "error: failed to open no.jsonl: "),
    ] {
        let said = folder.run(command);
        assert!(said.stderr.starts_with(named), "{}", said.stderr);
        assert_eq!((said.stdout.as_str(), said.code), ("", Some(1)), "{command}");
    }
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let folder = with_a_store();
    for command in
        ["movements --all", "waterfall --year 2025 --format csv", "mrr --format json", "explain 1", "demo --exit"]
    {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = folder.command(command).stdout(writer).output().unwrap();
        assert_eq!((output.stderr.as_slice(), output.status.code()), (&b""[..], Some(0)), "{command}");
    }
}
