//! `deltabook classify` as a user runs it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Map, Value};

/// A contract of two customers, one fact a line, out of order.
const BOOK: &str = r#"{"change_order": {"change_order_id": "O1", "customer_id": "acme", "subscription_id": "S1", "type": "MODIFY_PRICING", "effective_date": "2026-04-01", "entries": [{"line_id": "L1", "quantity": "12", "unit_price": "80"}]}}
{"subscription_line": {"line_id": "M1", "subscription_id": "T1", "customer_id": "globex", "item_id": "basic", "charge_kind": "RECURRING", "currency": "EUR", "start_date": "2026-01-15", "end_date": "2027-01-15", "price_steps": [{"quantity": "1", "unit_price": "1200.30", "interval": {"unit": "YEAR", "count": 1}}]}}

{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"charge": {"charge_id": "C1", "customer_id": "acme", "status": "REFUNDED", "amount": "50", "currency": "USD", "occurred_at": "2026-05-02T10:00:00Z"}}
"#;

fn start(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_deltabook"))
        .arg("classify")
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn classify(args: &[&str], stdin: &str) -> Output {
    let mut child = start(args);
    // A command that has refused its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn check(args: &[&str], stdin: &str, expected: &str) {
    let output = classify(args, stdin);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(output.status.code(), Some(0));
}

/// Nothing on stdout, this on stderr, exit code 1.
#[track_caller]
fn check_refused(args: &[&str], stdin: &str, expected: &str) {
    let output = classify(args, stdin);
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(1));
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn classify_command_gives_the_movements_of_a_worked_example() {
    let file = "tests/cases/21-both-change-mixed.json";
    let output = classify(&[file, "--format", "jsonl"], "");
    let movements = text(&output.stdout).lines().map(|line| serde_json::from_str::<Map<String, Value>>(line).unwrap());
    let case: Value =
        serde_json::from_slice(&std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()).unwrap();
    let expected = case["expected_movements"].as_array().unwrap();
    let names: Vec<&String> = expected.iter().flat_map(|record| record.as_object().unwrap().keys()).collect();
    let printed = |record: Map<String, Value>| record.into_iter().filter(|(name, _)| names.contains(&name)).collect();
    assert_eq!(&movements.map(printed).collect::<Vec<Value>>(), expected);
}

#[test]
fn classify_command_writes_csv_of_json_lines_from_stdin() {
    let expected = "\
level,customer_id,effective_date,currency,item_id,subscription_id,line_id,category,subcategory,mrr_delta,mrr_before,\
mrr_after,quantity_before,quantity_after,quantity_effect,price_effect,renewed_mrr,causes,rules,provisional_until
CUSTOMER,acme,2026-01-01,USD,seats,,,NEW,NEW_CUSTOMER,1000,0,1000,0,10,,,,start of L1,R2 R3 R6 R7 R8,
CUSTOMER,acme,2026-04-01,USD,seats,,,DOWNSELL,PRICE_DECREASE,-40,1000,960,10,12,200,-240,,change order O1,R2 R4 R7 R8 R12,
";
    let acme: String = BOOK.lines().filter(|line| !line.contains("globex")).collect::<Vec<_>>().join("\n");
    check(&["-", "--format", "csv", "--level", "customer"], &acme, expected);
}

#[test]
fn classify_command_prints_a_table() {
    let expected = "\
customer  date        level     category  subcategory     item   line   MRR before  MRR change  MRR after  currency  quantity  cause                                             rules
--------- ----------- --------- --------- --------------- ------ ------ ----------- ----------- ---------- --------- --------- ------------------------------------------------- ----------------
acme      2026-01-01  CONTRACT  NEW       NEW_CONTRACT    seats  S1 L1        0.00   +1,000.00   1,000.00  USD         0 → 10  start of L1                                       R2 R3 R6 R7 R8
acme      2026-04-01  CONTRACT  DOWNSELL  PRICE_DECREASE  seats  S1 L1    1,000.00      -40.00     960.00  USD        10 → 12  change order O1                                   R2 R4 R7 R8 R12
globex    2026-01-15  CONTRACT  NEW       NEW_CONTRACT    basic  T1 M1        0.00    +100.025    100.025  EUR          0 → 1  start of M1                                       R2 R3 R6 R7 R8
globex    2027-01-15  CONTRACT  CHURN     CONTRACT_CHURN  basic  T1 M1     100.025    -100.025       0.00  EUR          1 → 0  natural end of M1 (provisional until 2027-02-14)  R2 R7 R8 R11
";
    check(&["-", "--level", "contract", "--lapse-grace-days", "30"], BOOK, expected);
    check(&["-"], "", "no movements\n");
}

#[test]
fn classify_command_writes_events() {
    let expected = r#"{"date":"2026-01-01","customer_id":"acme","currency":"USD","event":"Signed Up","mrr_delta":"1000"}
{"date":"2026-04-01","customer_id":"acme","currency":"USD","event":"Downgraded","mrr_delta":"-40"}
{"date":"2026-05-02","customer_id":"acme","currency":"USD","event":"Refunded","amount":"-50","charge_id":"C1","occurred_at":"2026-05-02T10:00:00Z"}
{"date":"2026-01-15","customer_id":"globex","currency":"EUR","event":"Signed Up","mrr_delta":"100.025"}
{"date":"2027-01-15","customer_id":"globex","currency":"EUR","event":"Canceled","mrr_delta":"-100.025"}
"#;
    check(&["-", "--events", "--format", "jsonl"], BOOK, expected);
}

#[test]
fn classify_command_reports_void_facts() {
    let output = classify(&["tests/cases/33-terminated-before-start-and-void-orders.json"], "");
    let expected = "\
void: line L1 (acme): the line was terminated on 2026-02-01, on or before its start
void: change order P2 (globex, line M1): the line ends on 2026-05-01; from then on nothing acts on it
";
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(text(&output.stdout).lines().count(), 6);
}

#[test]
fn classify_command_reports_each_invalid_field_with_its_line() {
    let wrong = BOOK
        .replace("\"2026-04-01\"", "\"1 April\"")
        .replace("\"12\"", "12")
        .replace("\"T1\"", "\"T 1\"")
        .replace("\"end_date\"", "\"ends\"")
        .replace("\"REFUNDED\"", "\"LOST\"");
    let expected = "\
stdin:1: change_order.entries[0].quantity: is a number; write amounts as strings, such as \"12.50\"
stdin:1: change_order.effective_date: is not a date such as 2026-01-31
stdin:2: subscription_line.ends: is not known here; known are line_id, revision, subscription_id, customer_id, item_id, \
charge_kind, currency, start_date, end_date, trial_end_date, pending_activation, renews_subscription_id, price_steps, \
attributes
stdin:2: subscription_line.subscription_id: contains white space or an invisible character
stdin:5: charge.status: is not one of SUCCEEDED, FAILED, REFUNDED
";
    check_refused(&["-"], &wrong, expected);
    let lines = "{}\n".repeat(102);
    let output = classify(&["-"], &lines);
    assert!(text(&output.stderr).ends_with("\nand 2 more\n"));
}

#[test]
fn classify_command_reports_refusals_with_their_line() {
    let other = BOOK.lines().last().unwrap().replace("50", "60");
    check_refused(
        &["-"],
        &format!("{BOOK}{other}"),
        "stdin:6: charge: revision 0 is on line 5 too, with other content\n",
    );
    let unknown = "stdin:1: change_order: line L9 is not on subscription S1\n";
    check_refused(&["-"], &BOOK.replacen("\"L1\"", "\"L9\"", 1), unknown);
    let huge = BOOK.replace(
        "\"quantity\": \"10\", \"unit_price\": \"100\"",
        "\"quantity\": \"999999999999\", \"unit_price\": \"999999\"",
    );
    let expected = "stdin:1: customer acme: an MRR or a sum of MRR is out of range \
                    (9.2 × 10¹² a month)\n";
    check_refused(&["-"], &huge, expected);
}

#[test]
fn classify_command_fails_without_its_file() {
    let expected = "error: failed to open no/such.jsonl: No such file or directory (os error 2)\n";
    check_refused(&["no/such.jsonl"], "", expected);
    assert_eq!(classify(&["-", "--format", "xml"], "").status.code(), Some(2));
}

#[test]
fn classify_command_ends_quietly_on_a_closed_pipe() {
    let mut child = start(&["-"]);
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(BOOK.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
}
