//! A book of ten million entries: its waterfall, one more change of one customer, and a further import; relative to
//! the same with a smaller book, or with an empty one. On PostgreSQL and on SQLite.

use std::time::{Duration, Instant};

use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::grpc::v1::movement_service_client::MovementServiceClient;
use deltabook::grpc::wire::facts::to_wire;

use super::Options;
use super::book::{self, FACTS_OF_CUSTOMER, Order};
use super::import::import;
use super::large_book::{fill, verify};
use super::measure::{Target, median, millis, quantile, rate, verdict};
use super::server::Server;
use super::suite::store::{self, Store};

const ENTRIES: usize = 10_000_000;
/// Ratio of the large book to the smaller one, whose waterfall is as fast.
const PART: usize = 10;
/// Imported customers, which are then copied; enough for a different one in every call.
const CUSTOMERS: usize = 10_000;
const FURTHER_CUSTOMERS: usize = 20_000;
/// Number of the first customer outside every book.
const FIRST_FURTHER: usize = 1_000_000;
const CALLS: usize = 200;

pub fn run(options: &Options) {
    for (name, fresh) in [("PostgreSQL", store::postgres as fn() -> Store), ("SQLite", store::sqlite)] {
        println!("  {name}");
        let (small, empty) = (fresh(), fresh());
        let entries = options.scaled(ENTRIES);
        fill(small.url(), CUSTOMERS, entries / PART);
        verify(small.url());
        let waterfall_of_small = waterfall(options, &small);
        drop(small);
        fill(empty.url(), CUSTOMERS, 0);
        let change_of_empty = one_more(options, &empty);
        drop(empty);
        let large = fresh();
        let filled = fill(large.url(), CUSTOMERS, entries);
        println!("  {filled} entries");
        let waterfall_of_large = waterfall(options, &large);
        println!(
            "  a waterfall of 36 months: {waterfall_of_large:.2} ms; of {PART} times fewer: {waterfall_of_small:.2} ms"
        );
        verdict("ms for a waterfall, as its client sees it", waterfall_of_large, Target::AtMost(5.0));
        verdict("relative to the smaller book", waterfall_of_large / waterfall_of_small, Target::AtMost(1.5));
        let change_of_large = one_more(options, &large);
        println!("  one more change: {change_of_large:.2} ms; with {CUSTOMERS} customers: {change_of_empty:.2} ms");
        verdict("relative to the almost empty book", change_of_large / change_of_empty, Target::AtMost(2.0));
        let (into_large, into_empty) = further_imports(options, &large, fresh);
        println!("  import of more, facts a second: {into_large:.0}; into an empty book: {into_empty:.0}");
        verdict("relative to the empty book", into_large / into_empty, Target::AtLeast(0.5));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The median time of an answer, in milliseconds.
fn waterfall(options: &Options, store: &Store) -> f64 {
    let server = Server::start(store.url());
    let request = v1::GetWaterfallRequest {
        from_month: "2023-01".to_owned(),
        to_month: "2025-12".to_owned(),
        ..Default::default()
    };
    runtime().block_on(async {
        let mut client = MovementServiceClient::new(server.connect().await);
        let mut medians = Vec::new();
        for _ in 0..options.runs {
            let mut latencies = Vec::new();
            for _ in 0..CALLS {
                let started = Instant::now();
                let answer = client.get_waterfall(request.clone()).await.unwrap();
                latencies.push(started.elapsed());
                assert!(answer.get_ref().waterfalls.iter().all(|waterfall| waterfall.periods.len() == 36));
            }
            medians.push(middle(latencies));
        }
        median(medians)
    })
}

/// One order for each of many customers outside the cache: the median time in milliseconds.
fn one_more(options: &Options, store: &Store) -> f64 {
    let server = Server::start(store.url());
    runtime().block_on(async {
        let mut client = BillingServiceClient::new(server.connect().await);
        let mut medians = Vec::new();
        for run in 0..options.runs {
            let mut latencies = Vec::new();
            for call in 0..CALLS {
                let facts = vec![to_wire(book::one_more_change(run * CALLS + call)).unwrap()];
                let started = Instant::now();
                let answer = client.record_facts(v1::RecordFactsRequest { facts, ..Default::default() }).await.unwrap();
                latencies.push(started.elapsed());
                assert!(answer.get_ref().movement_count > 0);
            }
            medians.push(middle(latencies));
        }
        median(medians)
    })
}

fn middle(mut latencies: Vec<Duration>) -> f64 {
    latencies.sort();
    millis(quantile(&latencies, 0.5))
}

/// Facts a second into the large book and into an empty one, alternating.
fn further_imports(options: &Options, large: &Store, fresh: fn() -> Store) -> (f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("more.jsonl");
    let count = options.scaled(FURTHER_CUSTOMERS);
    let (mut into_large, mut into_empty) = (Vec::new(), Vec::new());
    for run in 0..options.runs {
        let first = FIRST_FURTHER + run * count;
        book::write(&file, first..first + count, Order::ByCustomer);
        let empty = fresh();
        into_empty.push(rate(count * FACTS_OF_CUSTOMER, import(&file, empty.url()).time));
        into_large.push(rate(count * FACTS_OF_CUSTOMER, import(&file, large.url()).time));
    }
    (median(into_large), median(into_empty))
}
