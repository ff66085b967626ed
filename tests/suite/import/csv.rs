//! `deltabook import` of books from elsewhere: CSV with a mapping, the waterfall of it, and what is refused.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::store;
use crate::support::program::{Folder, Row, rows, shown};

/// Invented subscriptions in the shape of a public data set, with what such files have: rows that end on their start
/// date, trials that cost nothing, several subscriptions of one plan at a time, and on line 16 an end before the start.
const SUBSCRIPTIONS: &str = "\
subscription_id,account_id,start_date,end_date,plan_tier,seats,mrr_amount,arr_amount,is_trial,upgrade_flag,downgrade_flag,churn_flag,billing_frequency,auto_renew_flag
V-01,B-ash,2025-01-06,,Basic,10,190,2280,FALSE,FALSE,FALSE,FALSE,monthly,TRUE
V-02,B-ash,2025-02-10,2025-04-10,Basic,5,95,1140,FALSE,TRUE,FALSE,TRUE,annual,FALSE
V-03,B-ash,2025-03-01,,Basic,3,100,1200,FALSE,FALSE,FALSE,FALSE,monthly,TRUE
V-04,B-birch,2025-01-15,,Pro,4,196,2352,FALSE,FALSE,FALSE,FALSE,monthly,TRUE
V-05,B-birch,2025-01-15,2025-03-01,Pro,6,294,3528,FALSE,FALSE,FALSE,TRUE,monthly,TRUE
V-06,B-birch,2025-03-01,,Pro,2,98,1176,FALSE,FALSE,TRUE,FALSE,annual,TRUE
V-07,B-cedar,2025-02-01,2025-05-01,Enterprise,20,3980,47760,FALSE,FALSE,FALSE,TRUE,monthly,FALSE
V-08,B-cedar,2025-06-15,,Enterprise,8,1592,19104,FALSE,FALSE,FALSE,FALSE,annual,TRUE
V-09,B-dogwood,2025-03-10,2025-03-10,Pro,5,245,2940,FALSE,FALSE,FALSE,TRUE,annual,TRUE
V-10,B-dogwood,2025-04-01,2025-09-30,Basic,2,38,456,FALSE,FALSE,FALSE,TRUE,monthly,TRUE
V-11,B-elm,2025-12-31,2025-12-31,Enterprise,109,21691,260292,FALSE,FALSE,FALSE,TRUE,monthly,TRUE
V-12,B-fir,2025-05-01,,Enterprise,62,0,0,TRUE,TRUE,FALSE,FALSE,annual,FALSE
V-13,B-fir,2025-06-01,,Enterprise,62,12338,148056,FALSE,FALSE,FALSE,FALSE,annual,TRUE
V-14,B-gorse,2025-02-14,2025-03-14,Basic,7,0,0,TRUE,FALSE,FALSE,TRUE,monthly,TRUE
V-15,B-hazel,2025-08-20,2025-08-19,Pro,3,147,1764,FALSE,FALSE,FALSE,TRUE,monthly,TRUE
V-16,B-hazel,2025-07-01,,Pro,3,147,1764,FALSE,FALSE,FALSE,FALSE,monthly,TRUE
V-17,B-cedar,2025-07-01,2025-10-01,Basic,4,76,912,FALSE,TRUE,FALSE,TRUE,monthly,TRUE
V-18,B-ivy,2025-05-05,2025-11-05,Pro,10,490,5880,FALSE,FALSE,FALSE,TRUE,monthly,TRUE
V-19,B-ivy,2025-08-05,2025-12-05,Pro,5,245,2940,FALSE,TRUE,FALSE,TRUE,annual,TRUE
V-20,B-ivy,2025-09-01,2025-12-05,Pro,1,60,720,FALSE,TRUE,FALSE,TRUE,annual,TRUE
";
const IMPORT: &str = "import subscriptions.csv --map line_id=subscription_id --map customer_id=account_id \
    --map item_id=plan_tier --map quantity=seats --map amount=mrr_amount --set interval=MONTH --set currency=USD \
    --set charge_kind=RECURRING";
const IGNORED: &str = "subscriptions.csv: ignored columns: arr_amount, is_trial, upgrade_flag, \
    downgrade_flag, churn_flag, billing_frequency, auto_renew_flag\n";
const WRONG_ROW: &str = "subscriptions.csv:16: end_date: is before the start_date\n";

/// The subscriptions, imported without the wrong one.
fn imported() -> Folder {
    let folder = Folder::with(&[("subscriptions.csv", SUBSCRIPTIONS)]).on(store());
    let output = folder.run(&format!("{IMPORT} --skip-invalid"));
    let summary = "19 facts recorded, 0 unchanged, 1 skipped; 43 journal entries\n";
    assert_eq!(output.stderr, format!("{IGNORED}{WRONG_ROW}{summary}"));
    assert_eq!((output.stdout.as_str(), output.code), ("", Some(0)));
    folder
}

fn amount(row: &Row, column: &str) -> Decimal {
    row.get(column).unwrap().parse().unwrap()
}

/// What the rows of the file come to before a date, by looking at nothing but the file.
fn mrr_before(date: &str) -> Decimal {
    let subscriptions = rows(SUBSCRIPTIONS);
    let text = |row: &Row, column: &str| row.get(column).unwrap().clone();
    let in_force = subscriptions.iter().filter(|row| {
        let (start, end) = (text(row, "start_date"), text(row, "end_date"));
        start.as_str() < date && (end.is_empty() || end.as_str() >= date && end > start)
    });
    in_force.map(|row| amount(row, "mrr_amount")).sum()
}

#[test]
fn csv_import_gives_a_waterfall_that_adds_up_at_both_levels() {
    let folder = imported();
    assert_eq!(folder.verified(), "9 customers, 19 facts, 43 journal entries");
    for level in ["contract", "customer"] {
        let months = folder.rows(&format!("waterfall --year 2025 --level {level}"));
        assert_eq!(months.len(), 12);
        let mut opening = Decimal::ZERO;
        for month in &months {
            let columns = ["new", "reactivation", "upsell", "downsell", "churn", "ignored"];
            let moved: Decimal = columns.iter().map(|column| amount(month, column)).sum();
            let closing = amount(month, "closing");
            assert_eq!(amount(month, "opening"), opening, "{level} {month:?}");
            assert_eq!(opening + moved, closing, "{level} {month:?}");
            assert_eq!(closing, mrr_before(month.get("end").unwrap()), "{level} {month:?}");
            opening = closing;
        }
        assert_eq!(opening, Decimal::from(14_661), "{level}");
    }
}

#[track_caller]
fn check_movements(folder: &Folder, customer: &str, level: &str, expected: &[&str]) {
    let question = format!("movements --all --by-date --customer {customer} --level {level}");
    let movements =
        shown(&folder.rows(&question), &["effective_date", "subcategory", "mrr_delta", "mrr_after", "causes"]);
    assert_eq!(movements, expected, "{customer} {level}");
}

#[test]
fn csv_import_of_several_subscriptions_of_one_plan() {
    let folder = imported();
    let ash = [
        "2025-01-06 NEW_CUSTOMER 190 190 start of V-01",
        "2025-02-10 QUANTITY_INCREASE 95 285 start of V-02",
        "2025-03-01 QUANTITY_INCREASE 100 385 start of V-03",
        "2025-04-10 QUANTITY_DECREASE -95 290 natural end of V-02",
    ];
    check_movements(&folder, "B-ash", "customer", &ash);
    let ash = [
        "2025-01-06 NEW_CONTRACT 190 190 start of V-01",
        "2025-02-10 NEW_CONTRACT 95 95 start of V-02",
        "2025-03-01 NEW_CONTRACT 100 100 start of V-03",
        "2025-04-10 CONTRACT_CHURN -95 0 natural end of V-02",
    ];
    check_movements(&folder, "B-ash", "contract", &ash);
    let birch = [
        "2025-01-15 NEW_CUSTOMER 490 490 start of V-04; start of V-05",
        "2025-03-01 QUANTITY_DECREASE -196 294 start of V-06; natural end of V-05",
    ];
    check_movements(&folder, "B-birch", "customer", &birch);
    let effects = folder.rows("movements --all --by-date --customer B-ash --level customer");
    let expected = ["0 10 - -", "10 15 95 0", "15 18 57 43", "18 13 -106.944444 11.944444"];
    let columns = ["quantity_before", "quantity_after", "quantity_effect", "price_effect"];
    assert_eq!(shown(&effects, &columns), expected);
}

#[test]
fn csv_import_of_a_returning_customer_is_a_reactivation() {
    let cedar = [
        "2025-02-01 NEW_CUSTOMER 3980 3980 start of V-07",
        "2025-05-01 CUSTOMER_CHURN -3980 0 natural end of V-07",
        "2025-06-15 REACTIVATION 1592 1592 start of V-08",
        "2025-07-01 ADD_ON 76 76 start of V-17",
        "2025-10-01 ITEM_REMOVAL -76 0 natural end of V-17",
    ];
    check_movements(&imported(), "B-cedar", "customer", &cedar);
}

#[test]
fn csv_import_of_void_rows_and_trials_gives_no_movement() {
    let folder = imported();
    check_movements(&folder, "B-fir", "customer", &["2025-06-01 NEW_CUSTOMER 12338 12338 start of V-13"]);
    check_movements(&folder, "B-elm", "contract", &[]);
    let contracts = folder.rows("movements --all --level contract");
    let moved: BTreeSet<String> = shown(&contracts, &["line_id"]).into_iter().collect();
    let subscriptions: BTreeSet<String> = shown(&rows(SUBSCRIPTIONS), &["subscription_id"]).into_iter().collect();
    let unmoved: Vec<&String> = subscriptions.difference(&moved).collect();
    assert_eq!(unmoved, ["V-09", "V-11", "V-12", "V-14", "V-15"]);
}

#[test]
fn csv_import_is_idempotent() {
    let folder = imported();
    let before = folder.ask("movements --all --format json");
    let again = folder.run(&format!("{IMPORT} --skip-invalid"));
    assert_eq!(again.stderr, format!("{IGNORED}{WRONG_ROW}nothing new: 19 facts unchanged, 1 skipped\n"));
    assert_eq!(again.code, Some(0));
    assert_eq!(folder.ask("movements --all --format json"), before);
    assert_eq!(folder.verified(), "9 customers, 19 facts, 43 journal entries");
}

#[test]
fn csv_import_with_an_invalid_row_records_nothing() {
    let folder = Folder::with(&[("subscriptions.csv", SUBSCRIPTIONS)]).on(store());
    let expected = format!(
        "subscriptions.csv: ignored columns: arr_amount, is_trial, upgrade_flag, downgrade_flag, churn_flag, \
         billing_frequency, auto_renew_flag\n{WRONG_ROW}error: nothing was imported; correct the rows, or skip them \
         with --skip-invalid\n"
    );
    folder.refuses(IMPORT, &expected);
    assert!(!folder.store().is_there());
}

#[test]
fn csv_import_reports_each_invalid_field_with_its_line() {
    let lines = "\
line_id,subscription_id,customer_id,item_id,charge_kind,currency,start_date,end_date,quantity,unit_price,interval
L1,S1,acme,seats,RECURRING,USD,2025-01-01,,10,100,MONTH
L2,S1,acme,seats,RECURRING,usd,2025-02-30,,ten,100,fortnight
\"L3\",S1,acme,\"the
seats\",ONCE,USD,2025-01-01,,1,100,MONTH
L4,S1,acme,seats
L5,S1,acme,support,RECURRING,USD,2025-02-01,2026-02-01,1,1200,annual
";
    let folder = Folder::with(&[("lines.csv", lines)]).on(store());
    let wrong = "\
lines.csv:3: interval: is not an interval such as MONTH, YEAR, 3 MONTH or quarterly
lines.csv:3: currency: is not a currency: three capital letters (ISO 4217)
lines.csv:3: start_date: is not a date such as 2026-01-31
lines.csv:3: quantity: is not a decimal number: digits with at most one point, such as 1299.90
lines.csv:4: item_id: contains white space or an invisible character
lines.csv:4: charge_kind: is not one of RECURRING, ONE_TIME, USAGE
lines.csv:6: has 4 columns, where the header has 11
";
    let refusal = "error: nothing was imported; correct the rows, or skip them with --skip-invalid\n";
    folder.refuses("import lines.csv", &format!("{wrong}{refusal}"));
    assert!(!folder.store().is_there());

    let output = folder.run("import lines.csv --skip-invalid");
    let (printed, summary) = output.stderr.split_at(wrong.len().min(output.stderr.len()));
    assert_eq!(printed, wrong);
    assert!(summary.starts_with("2 facts recorded, 0 unchanged, "), "{summary}");
    assert_eq!(output.code, Some(0));
    let mrr = folder.rows("mrr --date 2025-12-31");
    assert_eq!(shown(&mrr, &["currency", "mrr", "arr"]), ["USD 1100 13200"]);
}

#[test]
fn csv_import_refuses_a_mapping_that_does_not_fit() {
    let folder = Folder::with(&[("subscriptions.csv", SUBSCRIPTIONS)]).on(store());
    let without = |option: &str| IMPORT.replacen(option, "", 1);
    let expected = "error: subscriptions.csv: no column gives customer_id: name one of the file's with \
                    --map customer_id=their_column, or --set customer_id=value for all rows\n";
    folder.refuses(&without("--map customer_id=account_id"), expected);
    let output = folder.run(&IMPORT.replacen("account_id", "account", 1));
    let expected = "error: subscriptions.csv: --map customer_id=account: the file has no column account; it has \
                    subscription_id, account_id, ";
    assert!(output.stderr.starts_with(expected), "{}", output.stderr);
    assert_eq!((output.code, folder.store().is_there()), (Some(1), false));
}
