//! Delivery of events from the outbox to receivers: events a second of `deltabook relay --drain`, from its start to its
//! exit, from PostgreSQL.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::Options;
use super::book::{self, Order};
use super::import::import;
use super::measure::{Target, median, rate, verdict};
use super::server::PROGRAM;
use super::suite::nats::Server;
use super::suite::postgres::{Database, block_on, database};

const CUSTOMERS: usize = 40_000;

pub fn run(options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.jsonl");
    book::write(&file, 0..options.scaled(CUSTOMERS), Order::ByCustomer);
    let database = database();
    import(&file, database.url());

    let arrived = Arc::new(AtomicUsize::new(0));
    let webhook = receive(Arc::clone(&arrived));
    measure(options, &database, "webhook", 2_000.0, |name| {
        format!(
            "[sinks.{name}]\nkind = \"webhook\"\nurl = \"{webhook}\"\nallow_http = true\nallow_private = true\n\
            secrets = [{{ env = \"BENCH_SECRET\" }}]\n"
        )
    });
    assert!(arrived.load(Ordering::Relaxed) > 0);
    let nats = Server::start_new();
    measure(options, &database, "NATS JetStream", 20_000.0, |name| {
        format!(
            "[sinks.{name}]\nkind = \"nats\"\nurl = \"{}\"\nstream = \"{name}\"\nsubject = \"{name}\"\n",
            nats.url()
        )
    });
}

/// A new sink for each run, without deliveries.
fn measure(options: &Options, database: &Database, what: &str, least: f64, config: impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let mut rates = Vec::new();
    let kind = what.chars().next().unwrap();
    for number in 0..options.runs {
        let name = format!("{kind}{number}");
        let path = folder.path().join(format!("{name}.toml"));
        fs::write(&path, config(&name)).unwrap();
        let started = Instant::now();
        drain(database.url(), &path);
        let time = started.elapsed();
        rates.push(rate(delivered(database.url(), &name), time));
    }
    println!("  {what}: {rates:.0?} events a second");
    verdict("events a second", median(rates), Target::AtLeast(least));
}

fn drain(store: &str, config: &Path) {
    let mut relay = Command::new(PROGRAM);
    relay.args(["relay", "--drain", "--database-url", store, "--config"]).arg(config);
    // Any key, in the format of Standard Webhooks.
    relay.env("BENCH_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let done = relay.output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
}

/// Number of events of a sink with the default selection.
fn delivered(store: &str, sink: &str) -> usize {
    block_on(async {
        let pool = sqlx::PgPool::connect(store).await.unwrap();
        let waiting: i64 = sqlx::query_scalar("select count(*) from delivery where sink = $1")
            .bind(sink)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(waiting, 0, "everything is delivered");
        let sent: i64 = sqlx::query_scalar(
            "select count(*) from outbox where sequence <= (select position from sink where sink = $1)
                and body ->> 'event' not in ('Signed Up', 'Account Created')",
        )
        .bind(sink)
        .fetch_one(&pool)
        .await
        .unwrap();
        pool.close().await;
        usize::try_from(sent).unwrap()
    })
}

/// A minimal receiver that accepts everything at once: it shares the cores.
fn receive(arrived: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (connection, arrived) = (connection.unwrap(), Arc::clone(&arrived));
            std::thread::spawn(move || answer_all(connection, &arrived));
        }
    });
    url
}

fn answer_all(connection: TcpStream, arrived: &AtomicUsize) {
    connection.set_nodelay(true).unwrap();
    let mut answers = connection.try_clone().unwrap();
    let mut requests = BufReader::new(connection);
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if requests.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).unwrap();
        arrived.fetch_add(1, Ordering::Relaxed);
        answers.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    }
}
