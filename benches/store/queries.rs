//! The most frequent queries on a book of ten million entries: the overview, pages of the journal, and a full export. On
//! PostgreSQL and on SQLite, or on the store that `--book` names, which is created if missing, and kept.

use std::time::{Duration, Instant};

use chrono::{Datelike, Months};
use deltabook::clock::Clock;
use deltabook::grpc::v1;
use deltabook::grpc::v1::movement_service_client::MovementServiceClient;
use tonic::transport::Channel;

use super::Options;
use super::large_book::{entries, fill};
use super::measure::{Target, millis, quantile, rate, verdict};
use super::server::{Server, mebibytes};
use super::suite::store::{self, Store};

const ENTRIES: usize = 10_000_000;
const CUSTOMERS: usize = 10_000;
const CALLS: usize = 100;
const WALK: i32 = 1_000;
const PAGE: i32 = 100;
/// Number of pages of [`PAGE`] before the far page.
const FAR: usize = 9_999;

type Client = MovementServiceClient<Channel>;

pub fn run(options: &Options) {
    if options.book.is_empty() {
        for fresh in [store::postgres as fn() -> Store, store::sqlite] {
            let store = fresh();
            measure(options, store.url());
        }
    }
    for url in &options.book {
        measure(options, url);
    }
}

fn measure(options: &Options, url: &str) {
    let count = match entries(url) {
        0 => fill(url, CUSTOMERS, options.scaled(ENTRIES)),
        count => count,
    };
    let name = if url.contains("://") { "PostgreSQL" } else { "SQLite" };
    println!("  {name}, {count} entries");
    let server = Server::start(url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut client = MovementServiceClient::new(server.connect().await);
        overview(&mut client).await;
        for order in [v1::MovementOrder::Journal, v1::MovementOrder::PostingDate, v1::MovementOrder::EffectiveDate] {
            pages(&mut client, order).await;
        }
        for format in [v1::ExportFormat::Csv, v1::ExportFormat::Parquet] {
            let before = mebibytes(server.id()).unwrap();
            let (bytes, time) = export(&mut client, format).await;
            let grown = server.peak_mebibytes().saturating_sub(before);
            println!("  {} of {bytes} bytes in {time:.1?}; {grown} MiB more at most", format.as_str_name());
            verdict("entries a second", rate(count, time), Target::AtLeast(200_000.0));
        }
    });
}

fn report(what: &str, mut times: Vec<Duration>, most: f64) {
    times.sort();
    println!("  {what}: p99 {:.1} ms", millis(quantile(&times, 0.99)));
    verdict(&format!("ms for {what}, median"), millis(quantile(&times, 0.5)), Target::AtMost(most));
}

/// The three queries of the overview: twelve months up to this one, and today.
async fn overview(client: &mut Client) {
    let today = Clock::system().now().date_naive().with_day(1).unwrap();
    let month = |months| (today - Months::new(months)).format("%Y-%m").to_string();
    let (from_month, to_month) = (month(11), month(0));
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let (from_month, to_month) = (from_month.clone(), to_month.clone());
        let waterfall = v1::GetWaterfallRequest {
            from_month: from_month.clone(),
            to_month: to_month.clone(),
            ..Default::default()
        };
        let retention = v1::GetRetentionRequest { from_month, to_month, ..Default::default() };
        let started = Instant::now();
        let waterfall = client.get_waterfall(waterfall).await.unwrap().into_inner();
        let mrr = client.get_mrr(v1::GetMrrRequest::default()).await.unwrap().into_inner();
        let retention = client.get_retention(retention).await.unwrap().into_inner();
        times.push(started.elapsed());
        assert!(!waterfall.waterfalls.is_empty() && !mrr.totals.is_empty());
        assert!(retention.retentions.iter().any(|it| it.span.as_ref().unwrap().customers_at_start > 0));
    }
    report("the overview", times, 50.0);
}

/// The first page, and a far one, whose token is found in larger steps.
async fn pages(client: &mut Client, order: v1::MovementOrder) {
    let mut request = v1::ListMovementsRequest { order_by: order.into(), page_size: PAGE, ..Default::default() };
    report(&format!("page 1 by {}", order.as_str_name()), page(client, &request).await, 10.0);
    request.page_size = WALK;
    let mut passed = 0;
    while passed < FAR * usize::try_from(PAGE).unwrap() {
        let left = FAR * usize::try_from(PAGE).unwrap() - passed;
        request.page_size = WALK.min(i32::try_from(left).unwrap());
        let answer = client.list_movements(request.clone()).await.unwrap().into_inner();
        passed += answer.movements.len();
        request.page_token = answer.next_page_token;
        if request.page_token.is_empty() {
            println!("  the book has fewer pages");
            return;
        }
    }
    request.page_size = PAGE;
    report(&format!("page {} by {}", FAR + 1, order.as_str_name()), page(client, &request).await, 10.0);
}

async fn page(client: &mut Client, request: &v1::ListMovementsRequest) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let started = Instant::now();
        let answer = client.list_movements(request.clone()).await.unwrap();
        times.push(started.elapsed());
        assert_eq!(answer.get_ref().movements.len(), usize::try_from(PAGE).unwrap());
    }
    times
}

/// Exports the whole journal; returns the bytes and the duration.
async fn export(client: &mut Client, format: v1::ExportFormat) -> (usize, Duration) {
    let request = v1::ExportMovementsRequest { format: format.into(), ..Default::default() };
    let started = Instant::now();
    let mut pieces = client.export_movements(request).await.unwrap().into_inner();
    let mut bytes = 0;
    while let Some(piece) = pieces.message().await.unwrap() {
        bytes += piece.data.len();
    }
    (bytes, started.elapsed())
}
