//! `deltabook verify` on stores that were tampered with.

use super::store;
use crate::support::program::{CommandOutput, Folder};

/// Two customers: acme's order was moved to another month, globex' contract runs out.
const FACTS: &str = r#"{"subscription_line": {"line_id": "L1", "subscription_id": "S1", "customer_id": "acme", "item_id": "seats", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2025-01-01", "price_steps": [{"quantity": "10", "unit_price": "100", "interval": {"unit": "MONTH", "count": 1}}]}}
{"change_order": {"change_order_id": "O1", "customer_id": "acme", "subscription_id": "S1", "type": "MODIFY_PRICING", "effective_date": "2025-04-01", "entries": [{"line_id": "L1", "unit_price": "90"}]}}
{"subscription_line": {"line_id": "M1", "subscription_id": "T1", "customer_id": "globex", "item_id": "basic", "charge_kind": "RECURRING", "currency": "EUR", "start_date": "2025-01-15", "end_date": "2026-01-15", "price_steps": [{"quantity": "1", "unit_price": "1200", "interval": {"unit": "YEAR", "count": 1}}]}}
"#;

/// The store of [`FACTS`] and then of acme's order as revised, with this journal:
///
/// | acme | | globex | |
/// |---|---|---|---|
/// | 1, 2 | New, 1000 | 5, 6 | New, 100 |
/// | 3, 4 | Price Decrease in April, -100 | 7, 8 | Churn, -100 |
/// | 9, 10 | reversals of 3 and 4 | | |
/// | 11, 12 | Price Decrease in May, -100 | | |
fn with_a_store() -> Folder {
    let order = FACTS.lines().nth(1).unwrap();
    let revised = order.replace("2025-04-01", "2025-05-01").replace(r#""O1","#, r#""O1", "revision": 1,"#);
    let (acme, globex) = FACTS.split_at(FACTS.rfind("{\"subscription_line\"").unwrap());
    let files = [("acme.jsonl", acme), ("globex.jsonl", globex), ("revised.jsonl", revised.as_str())];
    let folder = Folder::with(&files).on(store());
    // One after the other, so that the movements' numbers are known.
    for (file, expected) in [
        ("acme.jsonl", "2 facts recorded, 0 unchanged; 4 journal entries\n"),
        ("globex.jsonl", "1 facts recorded, 0 unchanged; 4 journal entries\n"),
        ("revised.jsonl", "1 facts recorded, 0 unchanged; 4 journal entries\n"),
    ] {
        assert_eq!(folder.run(&format!("import {file}")).stderr, expected);
    }
    folder
}

/// Changes the store, and compares what `verify` says then.
#[track_caller]
fn check(statement: &str, expected: &str) {
    let folder = with_a_store();
    assert!(folder.store().tamper(statement) > 0);
    check_found(&folder, expected);
}

#[track_caller]
fn check_found(folder: &Folder, expected: &str) {
    let output = folder.run("verify");
    let stdout = without_totals(&output.stdout);
    let expected = CommandOutput { stdout: expected.to_owned(), stderr: String::new(), code: Some(1) };
    assert_eq!(CommandOutput { stdout, ..output }, expected);
}

/// The differences of customers. Those of totals have a test of their own.
fn without_totals(stdout: &str) -> String {
    let (totals, rest): (Vec<&str>, Vec<&str>) = stdout.lines().partition(|line| line.starts_with("the total by "));
    let mut rest = rest.join("\n") + "\n";
    let (before, count) = (rest.len() - 1, rest.lines().count() - 1);
    if !totals.is_empty() {
        let place = rest[..before].rfind(": ").unwrap() + 2;
        let plural = if count == 1 { "" } else { "s" };
        rest.replace_range(place.., &format!("{count} difference{plural}\n"));
    }
    rest
}

#[test]
fn verify_finds_a_wrong_total() {
    let folder = with_a_store();
    let statement = "
        update month_total set delta_units = delta_units - case subcategory when 'CUSTOMER_CHURN' then -1 else 1 end
        where subcategory in ('CUSTOMER_CHURN', 'CONTRACT_CHURN')";
    assert_eq!(folder.store().tamper(statement), 2);
    let expected = "\
the total by month of 2026-01-01 EUR CONTRACT_CHURN at CONTRACT level is -101.000000 from 1 movements, the journal \
gives -100.000000 from 1
the total by month of 2026-01-01 EUR CUSTOMER_CHURN at CUSTOMER level is -99.000000 from 1 movements, the journal \
gives -100.000000 from 1
2 customers, 4 facts, 12 journal entries: 2 differences
";
    assert_eq!(
        folder.run("verify"),
        CommandOutput { stdout: expected.to_owned(), stderr: String::new(), code: Some(1) }
    );
}

#[test]
fn verify_finds_no_difference_in_an_intact_store() {
    assert_eq!(with_a_store().verified(), "2 customers, 4 facts, 12 journal entries");
}

#[test]
fn verify_finds_a_changed_amount() {
    check(
        "update entry set delta_micros = delta_micros + 5000000, mrr_after_micros = mrr_after_micros + 5000000
        where sequence = 5",
        "\
globex: movement 5 is in the journal, but the facts do not give it
globex: the facts give CONTRACT NEW_CONTRACT of 100 on 2025-01-15, basic, which the journal does not have
globex: at CONTRACT level the movements up to 2025-01-15 come to 105 EUR, the lines to 100
globex: at CONTRACT level the movements up to 2026-01-15 come to 5 EUR, the lines to 0
2 customers, 4 facts, 12 journal entries: 4 differences
",
    );
}

#[test]
fn verify_finds_a_balance_that_does_not_add_up() {
    check(
        "update entry set mrr_after_micros = 7 where sequence = 2",
        "\
acme: movement 2 is in the journal, but the facts do not give it
acme: the facts give CUSTOMER NEW_CUSTOMER of 1000 on 2025-01-01, seats, which the journal does not have
2 customers, 4 facts, 12 journal entries: 2 differences
",
    );
}

#[test]
fn verify_finds_a_deleted_entry() {
    check(
        "delete from entry where sequence = 8",
        "\
globex: the facts give CUSTOMER CUSTOMER_CHURN of -100 on 2026-01-15, basic, which the journal does not have
globex: at CUSTOMER level the movements up to 2026-01-15 come to 100 EUR, the lines to 0
2 customers, 4 facts, 11 journal entries: 2 differences
",
    );
}

#[test]
fn verify_finds_a_duplicate_entry() {
    check(
        "insert into entry
        select tenant_id, customer_id, 13, version, recorded_at, posting_date, effective_date, reverses, level, category,
            subcategory, subscription_id, line_id, item_id, currency, delta_micros, mrr_before_micros, mrr_after_micros,
            quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes,
            rules, provisional_until, activity_change, renewal_outcome
        from entry where sequence = 11",
        "\
acme: movement 13 is in the journal, but the facts do not give it
acme: at CONTRACT level the movements up to 2025-05-01 come to 800 USD, the lines to 900
2 customers, 4 facts, 13 journal entries: 2 differences
",
    );
}

#[test]
fn verify_finds_a_changed_outcome() {
    check(
        "update entry set activity_change = 'ENDED' where sequence = 1",
        "\
acme: movement 1 is counted as ENDED, no renewal outcome; the rules give BEGAN, no renewal outcome
2 customers, 4 facts, 12 journal entries: 1 difference
",
    );
}

#[test]
fn verify_finds_a_changed_category() {
    check(
        "update entry set category = 'IGNORED', subcategory = 'IGNORED' where sequence = 12",
        "\
acme: movement 12 is in the journal, but the facts do not give it
acme: the facts give CUSTOMER PRICE_DECREASE of -100 on 2025-05-01, seats, which the journal does not have
2 customers, 4 facts, 12 journal entries: 2 differences
",
    );
}

#[test]
fn verify_finds_an_entry_moved_to_another_customer() {
    check(
        "update entry set customer_id = 'acme' where sequence = 5",
        "\
acme: movement 5 is in the journal, but the facts do not give it
acme: at CONTRACT level the movements up to 2025-01-15 come to 100 EUR, the lines to 0
globex: the facts give CONTRACT NEW_CONTRACT of 100 on 2025-01-15, basic, which the journal does not have
globex: at CONTRACT level the movements up to 2025-01-15 come to 0 EUR, the lines to 100
globex: at CONTRACT level the movements up to 2026-01-15 come to -100 EUR, the lines to 0
2 customers, 4 facts, 12 journal entries: 5 differences
",
    );
}

#[test]
fn verify_finds_a_changed_fact() {
    let folder = with_a_store();
    assert_eq!(folder.store().tamper_with_fact("M1", r#""1200""#, r#""2400""#), 1);
    check_found(
        &folder,
        "\
globex: movement 5 is in the journal, but the facts do not give it
globex: movement 6 is in the journal, but the facts do not give it
globex: movement 7 is in the journal, but the facts do not give it
globex: movement 8 is in the journal, but the facts do not give it
globex: the facts give CONTRACT NEW_CONTRACT of 200 on 2025-01-15, basic, which the journal does not have
globex: the facts give CUSTOMER NEW_CUSTOMER of 200 on 2025-01-15, basic, which the journal does not have
globex: the facts give CONTRACT CONTRACT_CHURN of -200 on 2026-01-15, basic, which the journal does not have
globex: the facts give CUSTOMER CUSTOMER_CHURN of -200 on 2026-01-15, basic, which the journal does not have
globex: at CONTRACT level the movements up to 2025-01-15 come to 100 EUR, the lines to 200
globex: at CUSTOMER level the movements up to 2025-01-15 come to 100 EUR, the lines to 200
2 customers, 4 facts, 12 journal entries: 10 differences
",
    );
}

#[test]
fn verify_finds_a_reversal_of_another_amount() {
    check(
        "update entry set delta_micros = delta_micros + 5000000, mrr_after_micros = mrr_after_micros + 5000000
        where sequence = 10",
        "\
acme: movement 10 does not cancel movement 4 exactly
2 customers, 4 facts, 12 journal entries: 1 difference
",
    );
}

#[test]
fn verify_finds_a_second_reversal() {
    check(
        "update entry set reverses = 3 where sequence = 10",
        "\
acme: movement 10 reverses movement 3 a second time
acme: movement 4 is in the journal, but the facts do not give it
acme: at CUSTOMER level the movements up to 2025-04-01 come to 900 USD, the lines to 1000
acme: at CUSTOMER level the movements up to 2025-05-01 come to 800 USD, the lines to 900
2 customers, 4 facts, 12 journal entries: 4 differences
",
    );
}

#[track_caller]
fn check_named(folder: &Folder, names: [&str; 3]) {
    let output = folder.run("verify");
    assert_eq!(output.code, Some(1));
    let printed = format!("{}{}", output.stdout, output.stderr);
    assert!(names.iter().all(|name| printed.contains(name)), "{printed}");
}

#[test]
fn verify_names_an_unreadable_row() {
    let folder = with_a_store();
    assert_eq!(folder.store().tamper_with_fact("M1", r#""1200""#, r#""x""#), 1);
    check_named(&folder, ["table fact", "globex", "M1"]);
    let folder = with_a_store();
    assert_eq!(folder.store().tamper("update entry set category = 'WON' where sequence = 7"), 1);
    check_named(&folder, ["table entry", "7", "\"WON\""]);
}

#[test]
fn verify_finds_a_changed_posting_date() {
    check(
        "update entry set posting_date = '2025-02-01' where sequence = 1",
        "\
acme: movement 1 of 2025-01-01 is posted on 2025-02-01
2 customers, 4 facts, 12 journal entries: 1 difference
",
    );
}

#[test]
fn verify_finds_a_missing_customer_row() {
    let folder = with_a_store();
    let columns = "kind, fact_id, revision, body, version, recorded_at";
    let copy = format!(
        "insert into fact (tenant_id, customer_id, {columns}) select tenant_id, 'nobody', {columns} from fact
        where fact_id = 'M1'"
    );
    assert_eq!(folder.store().tamper(&copy), 1);
    let output = folder.run("verify");
    assert!(
        output.stdout.starts_with("nobody: has facts or movements, but is not among the customers\n"),
        "{output:?}"
    );
    assert_eq!(output.code, Some(1));
}
