//! One change order per request, each on disk before its answer, relative to pgbench with the change as one statement.
//!
//! Both use one PostgreSQL and one database, alternating. Each run of the service has separate customers, with one line
//! each, so that an order makes one movement at each level; the service has recorded the lines itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::Options;
use super::measure::{Target, median, millis, quantile, rate, verdict};
use super::pgbench::Pgbench;
use super::server::Server;
use super::suite::postgres::{Database, database};

/// Connections that the callers share, as the instances of an application would.
const CONNECTIONS: usize = 4;
const CUSTOMERS: usize = 10_000;
/// Clients of pgbench, except beside a single caller of the service.
const CLIENTS: usize = 32;
/// Facts in a batch while customers are prepared.
const BATCH: usize = 1_000;
const FIRST_DATE: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();

/// Results of the runs of one kind.
#[derive(Default)]
struct Runs {
    rates: Vec<f64>,
    medians: Vec<f64>,
    p99s: Vec<f64>,
}

pub fn run(options: &Options) {
    let database: Database = database();
    let server = Server::start(database.url());
    let pgbench = Pgbench::prepare(database.url(), CUSTOMERS);
    let time = Duration::from_secs(if options.scale < 1.0 { 3 } else { 10 });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for callers in [64, 256, 1] {
        let (mut service, mut baseline) = (Runs::default(), Runs::default());
        let clients = if callers == 1 { 1 } else { CLIENTS };
        for number in 0..options.runs {
            let load = Arc::new(runtime.block_on(Load::prepare(&server, format!("{callers}-{number}"))));
            let started = Instant::now();
            let latencies = runtime.block_on(load.run(callers, time));
            service.rates.push(rate(latencies.len(), started.elapsed()));
            service.medians.push(millis(quantile(&latencies, 0.5)));
            service.p99s.push(millis(quantile(&latencies, 0.99)));
            let measured = pgbench.run(clients, time);
            baseline.rates.push(measured.a_second);
            baseline.medians.push(millis(measured.latency));
        }
        report(callers, clients, service, baseline);
    }
    println!("  the service took at most {} MiB of memory (target: below 300)", server.peak_mebibytes());
}

fn report(callers: usize, clients: usize, service: Runs, baseline: Runs) {
    println!("  {callers} callers {:.0?}/s, pgbench with {clients} {:.0?}/s", service.rates, baseline.rates);
    let (rate, latency, p99) = (median(service.rates), median(service.medians), median(service.p99s));
    let (rate_of_baseline, latency_of_baseline) = (median(baseline.rates), median(baseline.medians));
    println!(
        "  medians: {rate:.0}/s, {latency:.2} ms, p99 {p99:.2} ms; pgbench {rate_of_baseline:.0}/s, {latency_of_baseline:.2} ms"
    );
    match callers {
        1 => verdict("latency relative to the statement's", latency / latency_of_baseline, Target::AtMost(5.0)),
        64 => {
            verdict("rate relative to pgbench", rate / rate_of_baseline, Target::AtLeast(0.7));
            verdict("p99 in ms", p99, Target::AtMost(20.0));
        }
        _ => verdict("rate relative to pgbench", rate / rate_of_baseline, Target::AtLeast(0.9)),
    }
}

/// Customers, and the requests of the callers for them.
struct Load {
    channels: Vec<Channel>,
    customers: Vec<Customer>,
}

struct Customer {
    id: String,
    orders: AtomicUsize,
}

impl Load {
    async fn prepare(server: &Server, name: String) -> Self {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(server.connect().await);
        }
        let customer = |number| Customer { id: format!("{name}-{number}"), orders: AtomicUsize::new(0) };
        let customers: Vec<Customer> = (0..CUSTOMERS).map(customer).collect();
        let mut client = BillingServiceClient::new(channels.first().unwrap().clone());
        let batches: Vec<_> = customers.chunks(BATCH).map(batch).collect();
        let mut answers = client.stream_facts(tokio_stream::iter(batches)).await.unwrap().into_inner();
        while let Some(answer) = answers.message().await.unwrap() {
            assert_eq!(answer.refusals, []);
        }
        Self { channels, customers }
    }

    /// Sends orders, each after the answer to the previous one of its caller, until the time is over; returns the
    /// latencies, the shortest first.
    async fn run(self: &Arc<Self>, callers: usize, time: Duration) -> Vec<Duration> {
        let end = Instant::now() + time;
        let mut calls = JoinSet::new();
        for caller in 0..callers {
            calls.spawn(Arc::clone(self).call(caller, callers, end));
        }
        let mut latencies: Vec<Duration> = calls.join_all().await.into_iter().flatten().collect();
        latencies.sort();
        latencies
    }

    /// Separate customers for each caller, so that the orders of a customer are sent one after the other.
    async fn call(self: Arc<Self>, caller: usize, callers: usize, end: Instant) -> Vec<Duration> {
        let mut client = BillingServiceClient::new(self.channels.get(caller % CONNECTIONS).unwrap().clone());
        let mut latencies = Vec::new();
        for round in 0.. {
            let index = (caller + callers * scattered(round)) % (CUSTOMERS - CUSTOMERS % callers);
            let customer = self.customers.get(index).unwrap();
            let facts = vec![order(&customer.id, customer.orders.fetch_add(1, Ordering::Relaxed))];
            let started = Instant::now();
            if started >= end {
                break;
            }
            let answer = client.record_facts(v1::RecordFactsRequest { facts, ..Default::default() }).await.unwrap();
            latencies.push(started.elapsed());
            assert_eq!(answer.get_ref().movement_count, 2, "one at each level");
        }
        latencies
    }
}

fn batch(customers: &[Customer]) -> v1::StreamFactsRequest {
    let facts = customers.iter().map(|customer| line(&customer.id)).collect();
    v1::StreamFactsRequest { facts, ..Default::default() }
}

/// A pseudo-random number, the same at every run.
fn scattered(number: usize) -> usize {
    let mixed = (number ^ (number >> 15)).wrapping_mul(0x2c1b_3c6d);
    (mixed ^ (mixed >> 12)).wrapping_mul(0x297a_2d39) >> 8 & 0x00ff_ffff
}

fn line(customer: &str) -> v1::Fact {
    let price_step = v1::PriceStep {
        quantity: "10".to_owned(),
        unit_price: "20".to_owned(),
        interval: Some(v1::Interval { unit: v1::IntervalUnit::Month.into(), count: 1 }),
        ..Default::default()
    };
    let line = v1::SubscriptionLine {
        customer_id: customer.to_owned(),
        subscription_id: "S".to_owned(),
        line_id: "L".to_owned(),
        item_id: "seats".to_owned(),
        charge_kind: v1::ChargeKind::Recurring.into(),
        currency: "EUR".to_owned(),
        start_date: FIRST_DATE.to_string(),
        price_steps: vec![price_step],
        ..Default::default()
    };
    v1::Fact { kind: Some(v1::fact::Kind::SubscriptionLine(line)) }
}

/// A different quantity every day.
fn order(customer: &str, number: usize) -> v1::Fact {
    let date = FIRST_DATE + Days::new(u64::try_from(number + 1).unwrap());
    let entry =
        v1::ChangeOrderEntry { line_id: "L".to_owned(), quantity: (11 + number % 3).to_string(), ..Default::default() };
    let order = v1::ChangeOrder {
        customer_id: customer.to_owned(),
        subscription_id: "S".to_owned(),
        change_order_id: format!("O{number}"),
        r#type: v1::ChangeOrderType::ModifyPricing.into(),
        effective_date: date.to_string(),
        entries: vec![entry],
        ..Default::default()
    };
    v1::Fact { kind: Some(v1::fact::Kind::ChangeOrder(order)) }
}
