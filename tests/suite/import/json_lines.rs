//! `deltabook import` of JSON Lines: facts in any order, references that are not there, and many batches.

use std::fmt::Write;

use super::store;
use crate::support::program::{Folder, shown};

/// Orders and overrides above what they are for.
const UPSIDE_DOWN: &str = r#"{"override": {"customer_id": "acme", "change_order_id": "O1", "modification_type": "IGNORED", "reason": "moved from another system"}}
{"override": {"customer_id": "acme", "line_start": "L2", "modification_type": "NEW_OR_CHURN", "levels": ["CONTRACT", "CUSTOMER"]}}
{"change_order": {"change_order_id": "O1", "customer_id": "acme", "subscription_id": "S1", "type": "MODIFY_PRICING", "effective_date": "2025-04-01", "entries": [{"line_id": "L1", "quantity": "12", "unit_price": "80"}]}}
{"change_order": {"change_order_id": "O2", "customer_id": "acme", "subscription_id": "S1", "type": "TERMINATION", "effective_date": "2025-09-01"}}
{"subscription_line": {"line_id": "L2", "subscription_id": "S1", "customer_id": "acme", "item_id": "support", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-02-01", "price_steps": [{"quantity": "1", "unit_price": "50", "interval": {"unit": "MONTH", "count": 1}}]}}

{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"customer": {"customer_id": "acme", "name": "Acme Ltd"}}
"#;

#[track_caller]
fn check_customer_level(folder: &Folder, expected: &[&str]) {
    let movements = folder.rows("movements --all --by-date --level customer");
    assert_eq!(shown(&movements, &["effective_date", "item_id", "category", "subcategory", "mrr_delta"]), expected);
}

#[test]
fn json_import_resolves_forward_references() {
    let folder = Folder::with(&[("facts.jsonl", UPSIDE_DOWN)]).on(store());
    let output = folder.run("import facts.jsonl");
    assert_eq!(output.stderr, "7 facts recorded, 0 unchanged; 10 journal entries\n");
    assert_eq!(output.code, Some(0));
    check_customer_level(
        &folder,
        &[
            "2025-01-01 seats NEW NEW_CUSTOMER 1000",
            "2025-02-01 support NEW NEW_CUSTOMER 50",
            "2025-04-01 seats IGNORED IGNORED -40",
            "2025-09-01 seats CHURN CUSTOMER_CHURN -960",
            "2025-09-01 support CHURN CUSTOMER_CHURN -50",
        ],
    );
    assert_eq!(folder.verified(), "1 customers, 7 facts, 10 journal entries");
    let again = folder.run("import facts.jsonl");
    assert_eq!(again.stderr, "nothing new: 7 facts unchanged\n");
}

#[test]
fn json_import_is_independent_of_line_order() {
    let upright = UPSIDE_DOWN.lines().rev().collect::<Vec<_>>().join("\n");
    let answers = [UPSIDE_DOWN, &upright].map(|facts| {
        let folder = Folder::with(&[("facts.jsonl", facts)]).on(store());
        assert_eq!(folder.run("import facts.jsonl").code, Some(0));
        let movements = folder.rows("movements --all --by-date");
        let mut shown =
            shown(&movements, &["level", "effective_date", "item_id", "subcategory", "mrr_delta", "causes"]);
        shown.sort();
        shown
    });
    let [upside_down, upright] = answers;
    assert_eq!(upside_down, upright);
}

#[test]
fn import_mixes_csv_and_json_lines() {
    let lines =
        "line_id,subscription_id,customer_id,item_id,charge_kind,currency,start_date,quantity,unit_price,interval
L1,S1,acme,seats,RECURRING,USD,2025-01-01,10,100,MONTH\n";
    let orders = UPSIDE_DOWN.lines().filter(|line| line.contains("O1\"")).collect::<Vec<_>>().join("\n");
    let folder = Folder::with(&[("lines.csv", lines), ("orders.jsonl", &orders)]).on(store());
    let output = folder.run("import lines.csv orders.jsonl");
    assert_eq!(output.stderr, "3 facts recorded, 0 unchanged; 4 journal entries\n");
    check_customer_level(&folder, &["2025-01-01 seats NEW NEW_CUSTOMER 1000", "2025-04-01 seats IGNORED IGNORED -40"]);
}

#[test]
fn json_import_corrects_by_revision_and_reports_conflicts() {
    let later = UPSIDE_DOWN.replace("2025-04-01", "2025-05-01");
    let order = later.lines().nth(2).unwrap();
    let revised = order.replace(r#""O1","#, r#""O1", "revision": 1,"#);
    let folder =
        Folder::with(&[("facts.jsonl", UPSIDE_DOWN), ("other.jsonl", order), ("revised.jsonl", &revised)]).on(store());
    folder.run("import facts.jsonl");
    let output = folder.run("import other.jsonl");
    let refusal = "other.jsonl:1: change_order: revision 0 of this id was sent before, with other content; send the \
                   change as a higher revision\nnothing recorded, 1 skipped\nrefused facts were skipped, all others \
                   recorded; correct them and import the file again\n";
    assert_eq!((output.stderr.as_str(), output.code), (refusal, Some(1)));
    let output = folder.run("import revised.jsonl");
    assert_eq!(output.stderr, "1 facts recorded, 0 unchanged; 4 journal entries\n");
    let live = folder.rows("movements --all --live --level customer --item seats --category ignored");
    assert_eq!(shown(&live, &["effective_date", "mrr_delta"]), ["2025-05-01 -40"]);
    assert_eq!(folder.verified(), "1 customers, 8 facts, 14 journal entries");
}

#[test]
fn json_import_reports_dangling_references_by_line() {
    let facts = UPSIDE_DOWN.replace(r#"{"line_id": "L1", "quantity""#, r#"{"line_id": "L9", "quantity""#);
    let folder = Folder::with(&[("facts.jsonl", &facts)]).on(store());
    let output = folder.run("import facts.jsonl");
    assert_eq!(output.code, Some(1));
    for expected in [
        "facts.jsonl:1: override: no change order O1 is known that could be overridden (R13)",
        "facts.jsonl:3: change_order: line L9 is not on subscription S1",
    ] {
        assert!(output.stderr.lines().any(|line| line == expected), "{}", output.stderr);
    }
    assert_eq!(folder.run("import facts.jsonl --skip-invalid").code, Some(0));
    check_customer_level(
        &folder,
        &[
            "2025-01-01 seats NEW NEW_CUSTOMER 1000",
            "2025-02-01 support NEW NEW_CUSTOMER 50",
            "2025-09-01 seats CHURN CUSTOMER_CHURN -1000",
            "2025-09-01 support CHURN CUSTOMER_CHURN -50",
        ],
    );
    folder.verified();
}

#[test]
fn json_import_skips_invalid_lines_on_request() {
    let facts = UPSIDE_DOWN.replace("\"12\"", "12").replace("\"2025-02-01\"", "\"February\"").replace("Ltd\"", "Ltd");
    let folder = Folder::with(&[("facts.jsonl", &facts)]).on(store());
    let output = folder.run("import facts.jsonl");
    let wrong: Vec<&str> = output.stderr.lines().collect();
    let expected = [
        "facts.jsonl:3: change_order.entries[0].quantity: is a number; write amounts as strings, such as \"12.50\"",
        "facts.jsonl:5: subscription_line.start_date: is not a date such as 2026-01-31",
        "facts.jsonl:8: is not JSON: EOF while parsing a string at column 56",
        "error: nothing was imported; correct the rows, or skip them with --skip-invalid",
    ];
    assert_eq!(wrong, expected);
    assert_eq!((output.code, folder.store().is_there()), (Some(1), false));

    let output = folder.run("import facts.jsonl --skip-invalid");
    assert!(output.stderr.contains("2 facts recorded, 0 unchanged, "), "{}", output.stderr);
    check_customer_level(
        &folder,
        &["2025-01-01 seats NEW NEW_CUSTOMER 1000", "2025-09-01 seats CHURN CUSTOMER_CHURN -1000"],
    );
}

/// Customers whose overrides and orders are at the top of the large file, and whose lines are at its end.
const REFERRING: usize = 500;
/// Charges between them, so that the file has 30,000 lines: six batches.
const CHARGES: usize = 28_500;

fn large_file() -> String {
    let mut file = String::new();
    for index in 0..REFERRING {
        let over = r#""modification_type": "UPSELL_OR_DOWNSELL", "levels": ["CUSTOMER"]"#;
        writeln!(file, r#"{{"override": {{"customer_id": "C{index}", "change_order_id": "O{index}", {over}}}}}"#)
            .unwrap();
    }
    for index in 0..REFERRING {
        let order = r#""type": "TERMINATION", "effective_date": "2025-06-01""#;
        let ids = format!(r#""change_order_id": "O{index}", "customer_id": "C{index}", "subscription_id": "S{index}""#);
        writeln!(file, r#"{{"change_order": {{{ids}, {order}}}}}"#).unwrap();
    }
    for index in 0..CHARGES {
        let charge =
            r#""status": "SUCCEEDED", "amount": "10", "currency": "USD", "occurred_at": "2025-01-01T00:00:00Z""#;
        let payer = index / 10;
        writeln!(file, r#"{{"charge": {{"charge_id": "P{index}", "customer_id": "D{payer}", {charge}}}}}"#).unwrap();
    }
    for index in 0..REFERRING {
        let line = r#""item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01",
            "price_steps": [{"quantity": "5", "unit_price": "10", "interval": {"unit": "MONTH", "count": 1}}]"#;
        let line = line.replace('\n', "");
        let ids = format!(r#""line_id": "L{index}", "subscription_id": "S{index}", "customer_id": "C{index}""#);
        writeln!(file, r#"{{"subscription_line": {{{ids}, {line}}}}}"#).unwrap();
    }
    file
}

#[test]
fn json_import_resolves_references_across_batches() {
    let folder = Folder::with(&[("facts.jsonl", &large_file())]).on(store());
    let output = folder.run("import facts.jsonl");
    assert_eq!(output.stderr, "30000 facts recorded, 0 unchanged; 2000 journal entries\n");
    assert_eq!(output.code, Some(0));
    let june = folder.rows("waterfall --from 2025-06 --to 2025-06");
    assert_eq!(shown(&june, &["opening", "downsell", "downsell_count", "churn", "closing"]), ["25000 -25000 500 0 0"]);
    assert_eq!(folder.verified(), "3350 customers, 30000 facts, 2000 journal entries");
    let again = folder.run("import facts.jsonl");
    assert_eq!(again.stderr, "nothing new: 30000 facts unchanged\n");
}
