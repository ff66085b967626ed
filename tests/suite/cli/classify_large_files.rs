//! `deltabook classify` for books that are larger than what it holds at once.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::support::program::Folder;

/// Enough for the facts of a book to come in some pieces, and its movements to go through a file.
const CUSTOMERS: usize = 12_000;
const HEADER: &str =
    "line_id,subscription_id,customer_id,item_id,charge_kind,currency,start_date,quantity,unit_price,interval";

/// A customer's lines in CSV: most have two, every thousandth two thousand, which are more than a piece holds.
fn rows(customer: usize) -> Vec<String> {
    let lines = if customer % 1_000 == 500 { 2_000 } else { 2 };
    let row = |line| {
        let (month, quantity) = (1 + line % 12, 1 + customer % 7);
        format!("L{line:04},S{line:04},c{customer:06},seats,RECURRING,USD,2026-{month:02}-01,{quantity},9.90,MONTH")
    };
    (0..lines).map(row).collect()
}

fn json(row: &str) -> String {
    let cells: Vec<&str> = row.split(',').collect();
    let [line, subscription, customer, item, kind, currency, start, quantity, price, unit] = cells[..] else {
        panic!("{row}")
    };
    format!(
        r#"{{"subscription_line": {{"line_id": "{line}", "subscription_id": "{subscription}", "customer_id": "{customer}", "item_id": "{item}", "charge_kind": "{kind}", "currency": "{currency}", "start_date": "{start}", "price_steps": [{{"quantity": "{quantity}", "unit_price": "{price}", "interval": {{"unit": "{unit}", "count": 1}}}}]}}}}"#
    )
}

/// A book by customer, and the same lines far from that order, those of each customer still in their own.
struct Book {
    sorted: Vec<String>,
    unsorted: Vec<String>,
}

fn book() -> Book {
    let sorted: Vec<String> = (0..CUSTOMERS).flat_map(rows).collect();
    // Like the cards of a pack that is dealt to 101 players, one pile after the other.
    let unsorted = (0..101).flat_map(|player| sorted.iter().skip(player).step_by(101).cloned()).collect();
    Book { sorted, unsorted }
}

fn csv(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn json_lines(rows: &[String]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        writeln!(text, "{}", json(row)).unwrap();
        text
    })
}

/// The movements in CSV.
fn classify(folder: &Folder, arguments: &[&str], stdin: &str) -> Output {
    run(folder, &[&["--format", "csv"], arguments].concat(), stdin)
}

fn run(folder: &Folder, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deltabook"))
        .arg("classify")
        .args(arguments)
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // Who has seen what is wrong with the header does not read on.
        scope.spawn(move || input.write_all(stdin.as_bytes()));
        child.wait_with_output().unwrap()
    })
}

#[track_caller]
fn good(output: Output) -> String {
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
    String::from_utf8(output.stdout).unwrap()
}

/// Nothing on stdout, this on stderr, exit code 1.
#[track_caller]
fn check_refused(output: Output, expected: &str) {
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
}

#[test]
fn classify_of_a_large_file_is_independent_of_order_and_format() {
    let Book { sorted, unsorted } = book();
    let folder = Folder::new();
    folder.write("sorted.csv", &csv(&sorted));
    let expected = good(classify(&folder, &["sorted.csv"], ""));
    let rows: Vec<&str> = expected.lines().skip(1).collect();
    let at_contract = rows.iter().filter(|row| row.starts_with("CONTRACT,")).count();
    assert_eq!(at_contract, sorted.len());
    let customers: Vec<&str> = rows.iter().map(|row| row.split(',').nth(1).unwrap()).collect();
    assert!(customers.is_sorted());
    for (name, text) in [
        ("unsorted.csv", csv(&unsorted)),
        ("sorted.jsonl", json_lines(&sorted)),
        ("unsorted.jsonl", json_lines(&unsorted)),
    ] {
        fs::write(folder.path(name), text).unwrap();
        assert!(good(classify(&folder, &[name], "")) == expected, "{name}");
    }
    assert!(good(classify(&folder, &["-"], &json_lines(&sorted))) == expected, "sorted, from a pipe");
    assert!(good(classify(&folder, &["-"], &json_lines(&unsorted))) == expected, "unsorted, from a pipe");
}

#[test]
fn classify_of_a_large_file_reports_each_mistake_and_writes_nothing() {
    let Book { sorted, mut unsorted } = book();
    let folder = Folder::new();
    let last = sorted.len() + 2;
    folder.write("sorted.csv", &(csv(&sorted) + "L1,S1,c999999,seats,RECURRING,USD,soon,1,9.90,MONTH\n"));
    let expected = format!("sorted.csv:{last}: start_date: is not a date such as 2026-01-31\n");
    check_refused(classify(&folder, &["sorted.csv"], ""), &expected);

    let wrong = "L1,S1,c 1,seats,RECURRING,EURO,2026-01-01,1,9.90,MONTH";
    unsorted.push(wrong.to_owned());
    unsorted.insert(9, "L1,S1,c000001".to_owned());
    unsorted.insert(1_000, unsorted[0].replace("seats", "chairs"));
    folder.write("unsorted.csv", &csv(&unsorted));
    let last = unsorted.len() + 1;
    let expected = format!(
        "unsorted.csv:11: has 3 columns, where the header has 10\n\
         unsorted.csv:1002: revision 0 is on line 2 too, with other content\n\
         unsorted.csv:{last}: customer_id: contains white space or an invisible character\n\
         unsorted.csv:{last}: currency: is not a currency: three capital letters (ISO 4217)\n"
    );
    check_refused(classify(&folder, &["unsorted.csv"], ""), &expected);

    let order = r#"{"change_order": {"change_order_id": "O1", "customer_id": "c999999", "subscription_id": "S1", "type": "TERMINATION", "effective_date": "2026-04-01"}}"#;
    let text = json_lines(&sorted) + order;
    let expected = format!(
        "stdin:{}: change_order: subscription S1 has no line; record one before, or with, what refers to it\n",
        sorted.len() + 1
    );
    check_refused(classify(&folder, &["-"], &text), &expected);
}

#[test]
fn classify_maps_csv_columns() {
    let folder = Folder::with(&[(
        "book.CSV",
        "contract,account,since,tier,seats,mrr\r\nS-2,b,2026-02-01,Pro,3,100\r\n\r\nS-1,a,2026-01-01,\"Pro, \"\"old\"\"\",14,2786\r\n",
    )]);
    let mapping = "--map line_id=contract --map subscription_id=contract --map customer_id=account --map item_id=tier \
                   --map start_date=since --map quantity=seats --map amount=mrr --set interval=MONTH \
                   --set currency=USD --set charge_kind=RECURRING --level customer book.CSV";
    let mapping: Vec<&str> = mapping.split_whitespace().collect();
    check_refused(
        classify(&folder, &mapping, ""),
        "book.CSV:4: item_id: contains white space or an invisible character\n",
    );
    let text = fs::read_to_string(folder.path("book.CSV")).unwrap().replace("Pro, ", "Pro,");
    folder.write("book.CSV", &text);
    let movements = good(classify(&folder, &mapping, ""));
    let expected = "\
CUSTOMER,a,2026-01-01,USD,\"Pro,\"\"old\"\"\",,,NEW,NEW_CUSTOMER,2786,0,2786,0,14,,,,start of S-1,R2 R3 R6 R7 R8,
CUSTOMER,b,2026-02-01,USD,Pro,,,NEW,NEW_CUSTOMER,100,0,100,0,3,,,,start of S-2,R2 R3 R6 R7 R8,
";
    assert_eq!(movements.split_once('\n').unwrap().1, expected);
    let missing = "error: book.CSV: no column gives line_id: name one of the file's with --map line_id=their_column, or \
                   --set line_id=value for all rows\n";
    check_refused(classify(&folder, &["book.CSV", "--set", "quantity=1", "--set", "unit_price=1"], ""), missing);
}

#[test]
fn classify_counts_rows_beyond_the_table_limit() {
    let steps = (0..1_000).map(|day| {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(day);
        let price = 10 + day % 2;
        format!(r#"{{"start_date": "{date}", "quantity": "1", "unit_price": "{price}", "interval": {{"unit": "MONTH", "count": 1}}}}"#)
    });
    let steps = steps.collect::<Vec<_>>().join(",");
    let line = |customer: u32| {
        format!(
            r#"{{"subscription_line": {{"line_id": "L", "subscription_id": "S", "customer_id": "c{customer}", "item_id": "i", "charge_kind": "RECURRING", "currency": "USD", "start_date": "2026-01-01", "price_steps": [{steps}]}}}}"#
        )
    };
    let text = (100..151).map(line).collect::<Vec<_>>().join("\n");
    let expected = "error: 102000 rows are too many for a table; use --format csv or --format jsonl\n";
    check_refused(run(&Folder::new(), &["-"], &text), expected);
}
