//! The questions of the command line, and their formats.

use std::io;

use serde_json::Value;

use super::store;
use crate::support::program::{CommandOutput, Folder, rows};

/// A contract with a new price in April, and one in euros that runs out.
const FACTS: &str = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"change_order": {"change_order_id": "O1", "customer_id": "acme", "subscription_id": "S1", "type": "MODIFY_PRICING", "effective_date": "2025-04-01", "entries": [{"line_id": "L1", "quantity": "12", "unit_price": "120.25"}]}}
{"subscription_line": {"line_id": "M1", "subscription_id": "T1", "customer_id": "globex", "item_id": "basic", "charge_kind": "RECURRING", "currency": "EUR", "start_date": "2025-01-15", "end_date": "2026-01-15", "price_steps": [{"quantity": "1", "unit_price": "1200.30", "interval": {"unit": "YEAR", "count": 1}}]}}
"#;

pub fn with_a_store() -> Folder {
    let (acme, globex) = FACTS.split_at(FACTS.rfind("{\"subscription_line\"").unwrap());
    let folder = Folder::with(&[("acme.jsonl", acme), ("globex.jsonl", globex)]).on(store());
    // One after the other, so that the movements' numbers are known.
    for (file, facts) in [("acme.jsonl", 2), ("globex.jsonl", 1)] {
        let output = folder.run(&format!("import {file}"));
        assert_eq!(output.stderr, format!("{facts} facts recorded, 0 unchanged; 4 journal entries\n"));
    }
    folder
}

#[test]
fn report_commands_print_tables() {
    let folder = with_a_store();
    let movements = "\
id  date        customer  level     category  subcategory        item   MRR before  MRR change  MRR after  currency  cause
--- ----------- --------- --------- --------- ------------------ ------ ----------- ----------- ---------- --------- ------------------
 8  2026-01-15  globex    CUSTOMER  CHURN     CUSTOMER_CHURN     basic     100.025    -100.025       0.00  EUR       natural end of M1
 6  2025-01-15  globex    CUSTOMER  NEW       NEW_CUSTOMER       basic        0.00    +100.025    100.025  EUR       start of M1
 4  2025-04-01  acme      CUSTOMER  UPSELL    QUANTITY_INCREASE  seats    1,000.00     +443.00   1,443.00  USD       change order O1
";
    assert_eq!(folder.ask("movements --level customer --limit 3"), movements);
    let waterfall = "\
month    currency   opening   new  reactivation  upsell  downsell  churn  ignored   closing
-------- --------- --------- ----- ------------- ------- --------- ------ -------- ---------
2025-03  USD       1,000.00  0.00          0.00    0.00      0.00   0.00     0.00  1,000.00
2025-04  USD       1,000.00  0.00          0.00  443.00      0.00   0.00     0.00  1,443.00
";
    assert_eq!(folder.ask("waterfall --from 2025-03 --to 2025-04 --currency USD"), waterfall);
    let chart = format!(
        "\
USD
2025-03  opening       1,000.00  {0}
2025-03  closing       1,000.00  {0}
2025-04  upsell         +443.00  {1:27}{2}
2025-04  closing       1,443.00  {3}
",
        "█".repeat(27),
        "",
        "▓".repeat(13),
        "█".repeat(40)
    );
    assert_eq!(folder.ask("waterfall --from 2025-03 --to 2025-04 --currency USD --chart"), chart);
    assert_eq!(folder.ask("waterfall --from 2025-03 --to 2025-04 --currency XXX --chart"), "no results\n");
    let waterfall = "\
quarter from  currency   opening       new  reactivation  upsell  downsell  churn  ignored   closing
------------- --------- --------- --------- ------------- ------- --------- ------ -------- ---------
2025-01       USD           0.00  1,000.00          0.00    0.00      0.00   0.00     0.00  1,000.00
2025-04       USD       1,000.00      0.00          0.00  443.00      0.00   0.00     0.00  1,443.00
";
    assert_eq!(folder.ask("waterfall --from 2025-03 --to 2025-04 --by quarter --currency USD"), waterfall);
    let mrr = "\
date        currency       MRR        ARR
----------- --------- --------- ----------
2025-12-31  EUR        100.025   1,200.30
2025-12-31  USD       1,443.00  17,316.00
";
    assert_eq!(folder.ask("mrr --date 2025-12-31"), mrr);
    assert_eq!(folder.ask("mrr --date 2025-12-31 --restated"), mrr);
    assert_eq!(folder.ask("mrr --date 2024-12-31"), "no results\n");
    assert_eq!(folder.ask("mrr --date 2025-12-31 --as-known-at 2025-12-31T12:00:00+01:00"), "no results\n");
    assert_eq!(folder.ask("movements --adjustments"), "no results\n");
    folder
        .refuses("waterfall --year 2025 --as-known-at 2999-01-01T00:00:00Z", "error: as_known_at: is in the future\n");
    assert_eq!(folder.ask("movements --customer nobody"), "no results\n");
}

#[test]
fn report_commands_print_the_same_as_csv_and_json() {
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
fn explain_command_prints_text_and_json() {
    let folder = with_a_store();
    let text = folder.ask("explain 4");
    let summary = "UPSELL / QUANTITY_INCREASE of 443 USD a month (MRR 1000 → 1443) for acme, item seats, on 2025-04-01, at \
                   CUSTOMER level, by change order O1.";
    assert_eq!(text.lines().next(), Some(summary));
    let end = "\n  At CONTRACT level: movement 3, QUANTITY_INCREASE of 443 USD. Both levels say the same (R8).\n\
               \x20 Event on that date: Upgraded of 443 USD on 2025-04-01, sent\n";
    assert!(text.ends_with(end), "{text}");
    let json: Value = serde_json::from_str(&folder.ask("explain 4 --format json")).unwrap();
    assert_eq!(json["summary"], summary);
    assert_eq!(json["movement"]["mrr_delta"], "443");
    assert_eq!(json["other_level"][0]["movement"]["movement_id"], "3");
    assert_eq!(json["events"][0]["state"], "SENT");
    let rules: Vec<&str> = json["reasons"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["R2", "R4", "R7", "R8", "R12"]);
    assert!(rules.iter().all(|rule| text.contains(&format!("\n  {rule} "))), "{text}");
    folder.refuses("explain 99", "error: there is no movement 99\n");
    folder.refuses("explain x", "error: movement_id: is not a movement id: a whole number above 0\n");
}

#[test]
fn report_command_ends_quietly_on_a_closed_pipe() {
    let folder = with_a_store();
    for command in
        ["movements --all", "waterfall --year 2025 --format csv", "mrr --format json", "explain 1", "demo --exit"]
    {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = CommandOutput::of(folder.command(command).stdout(writer).output().unwrap());
        assert_eq!((output.stderr.as_str(), output.code), ("", Some(0)), "{command}");
    }
}
