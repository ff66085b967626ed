//! `deltabook import` of a million change facts, from the file to the tables, relative to the database alone with the
//! same rows: COPY on PostgreSQL, multi-row inserts on SQLite.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Options;
use super::book::{self, FACTS_OF_CUSTOMER, Order};
use super::copy::Rows;
use super::import::{Import, import};
use super::measure::{Target, median, rate, verdict};
use super::server::PROGRAM;
use super::sqlite_rows;
use super::suite::postgres::{Database, block_on, database, execute};

const CUSTOMERS: usize = 200_000;

pub fn run(options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.jsonl");
    let customers = options.scaled(CUSTOMERS);
    let facts = customers * FACTS_OF_CUSTOMER;
    for (order, name) in [(Order::ByCustomer, "by customer"), (Order::ByDate, "by date")] {
        book::write(&file, 0..customers, order);
        on_postgres(options, &file, facts, name);
        on_sqlite(options, &file, facts, name);
    }
}

fn on_postgres(options: &Options, file: &Path, facts: usize, order: &str) {
    let mut runs = Runs::default();
    for _ in 0..options.runs {
        let service = fresh();
        runs.service.push(import(file, service.url()));
        let rows = block_on(Rows::dump(service.url()));
        drop(service);
        let baseline = fresh();
        runs.baseline.push(rate(facts, block_on(rows.load(baseline.url()))));
    }
    runs.report(facts, &format!("PostgreSQL, {order}"), "COPY");
}

/// A database with the tables, after all earlier writes are on disk.
fn fresh() -> Database {
    let database = database();
    migrate(database.url());
    execute(database.url(), "checkpoint".to_owned()).unwrap();
    database
}

fn on_sqlite(options: &Options, file: &Path, facts: usize, order: &str) {
    let mut runs = Runs::default();
    for _ in 0..options.runs {
        let folder = tempfile::tempdir().unwrap();
        let (service, baseline) = (folder.path().join("service.db"), folder.path().join("baseline.db"));
        migrate(service.to_str().unwrap());
        migrate(baseline.to_str().unwrap());
        runs.service.push(import(file, service.to_str().unwrap()));
        runs.baseline.push(rate(facts, block_on(sqlite_rows::load(&service, &baseline))));
    }
    runs.report(facts, &format!("SQLite, {order}"), "inserts of 500 rows");
}

/// The tables without rows.
fn migrate(store: &str) {
    let status = Command::new(PROGRAM).args(["migrate", "--database-url", store]).stderr(Stdio::null()).status();
    assert!(status.unwrap().success());
}

#[derive(Default)]
struct Runs {
    service: Vec<Import>,
    /// Facts a second.
    baseline: Vec<f64>,
}

impl Runs {
    fn report(self, facts: usize, what: &str, measure: &str) {
        let service: Vec<f64> = self.service.iter().map(|import| rate(facts, import.time)).collect();
        println!("  {what}: {facts} facts; import {service:.0?} a second, {measure} {:.0?}", self.baseline);
        verdict(&format!("speed relative to {measure}"), median(service) / median(self.baseline), Target::AtLeast(0.5));
        let peak = self.service.iter().map(|import| import.peak_mebibytes).max().unwrap();
        let quarters = self.service.last().map(|import| import.quarters.as_slice()).unwrap_or_default();
        println!(
            "         memory at most {peak} MiB (target: below 300), by quarters of the last run {quarters:?} MiB"
        );
    }
}
