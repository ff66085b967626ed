//! A book of millions of entries, made from an imported one by copying its customers under other ids.
//!
//! Every row is equal to an imported one: `deltabook verify` finds no difference, which the benchmark checks for a
//! small book. Only the sequence numbers of the journal follow copies instead of commits.

use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::book::{self, Order};
use super::import::import;
use super::server::PROGRAM;
use super::suite::postgres::block_on;

/// Fills an empty store with about `entries` entries, at least the imported ones; returns their number.
pub fn fill(url: &str, customers: usize, entries: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.jsonl");
    book::write(&file, 0..customers, Order::ByCustomer);
    import(&file, url);
    let imported = usize::try_from(number(url, "select count(*) from entry")).unwrap();
    let copies = (entries / imported).max(1);
    let numbers = number(url, "select max(sequence) from entry");
    for copy in 1..copies {
        run(url, &copied(url, copy, numbers));
    }
    run(url, &totals_of(copies));
    if is_postgres(url) {
        run(url, &format!("select setval('journal_sequence', {numbers} * {copies})"));
        // Maintenance that the database would start by itself later.
        for maintenance in ["vacuum analyze", "checkpoint"] {
            run(url, maintenance);
        }
    }
    imported * copies
}

/// Checks that the stored rows equal those derived from the facts.
pub fn verify(url: &str) {
    let status = Command::new(PROGRAM).args(["verify", "--database-url", url]).stdout(Stdio::null()).status();
    assert!(status.unwrap().success(), "the book is not what an import would have made");
}

/// Statements that add the imported customers once more. Copies have a prefix, which excludes them from the next copy.
fn copied(url: &str, copy: usize, numbers: i64) -> String {
    let id = format!("'copy{copy:05}-' || customer_id");
    let body = if is_postgres(url) {
        format!("replace(body::text, customer_id, {id})::jsonb")
    } else {
        format!("replace(body, customer_id, {id})")
    };
    let add = i64::try_from(copy).unwrap() * numbers;
    let imported = "where customer_id like 'customer-%'";
    format!(
        "begin;
        insert into customer (tenant_id, customer_id, version, previous_version, created_at, changed_at)
        select tenant_id, {id}, version, previous_version, created_at, changed_at from customer {imported};
        insert into fact (tenant_id, customer_id, kind, fact_id, revision, body, version, recorded_at)
        select tenant_id, {id}, kind, fact_id, revision, {body}, version, recorded_at from fact {imported};
        insert into entry (tenant_id, customer_id, sequence, reverses, {ENTRY})
        select tenant_id, {id}, sequence + {add}, reverses + {add}, {ENTRY} from entry {imported};
        commit"
    )
}

const ENTRY: &str = "
    version, recorded_at, posting_date, effective_date, level, category, subcategory, subscription_id, line_id, item_id,
    currency, delta_micros, mrr_before_micros, mrr_after_micros, quantity_before, quantity_after,
    quantity_effect_micros, price_effect_micros, renewed_mrr_micros, causes, rules, provisional_until,
    activity_change, renewal_outcome";

fn totals_of(copies: usize) -> String {
    let times = |(table, columns): (&str, &[&str])| {
        let columns: Vec<String> = columns.iter().map(|column| format!("{column} = {column} * {copies}")).collect();
        format!("update {table} set {}", columns.join(", "))
    };
    let amounts: &[&str] = &["delta_units", "delta_micros", "movements"];
    let renewals: &[&str] = &["renewed_units", "renewed_micros", "lapsed_units", "lapsed_micros"];
    let totals = [
        ("day_total", amounts),
        ("month_total", amounts),
        ("month_item_total", amounts),
        ("renewal_total", renewals),
        ("customer_total", &["came", "gone"]),
        ("customer_pair_total", &["pairs"]),
    ];
    totals.map(times).join("; ")
}

/// The entries of a store; none if there is no store.
pub fn entries(url: &str) -> usize {
    if !is_postgres(url) && !Path::new(url).exists() {
        return 0;
    }
    usize::try_from(asked(url, "select count(*) from entry").unwrap_or(0)).unwrap()
}

fn is_postgres(url: &str) -> bool {
    url.contains("://")
}

fn run(url: &str, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    block_on(async {
        if is_postgres(url) {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = open(url).await;
            sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    });
}

fn number(url: &str, question: &'static str) -> i64 {
    asked(url, question).unwrap()
}

fn asked(url: &str, question: &'static str) -> sqlx::Result<i64> {
    block_on(async {
        if is_postgres(url) {
            sqlx::query_scalar(question).fetch_one(&mut PgConnection::connect(url).await?).await
        } else {
            sqlx::query_scalar(question).fetch_one(&mut open(url).await).await
        }
    })
}

async fn open(url: &str) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(Path::new(url)).pragma("cache_size", "-262144");
    SqliteConnection::connect_with(&options).await.unwrap()
}
