//! Cost of authentication: the same queries and the same orders, to a server without keys and to one that requires
//! them, side by side.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use tokio::task::JoinSet;
use tonic::metadata::AsciiMetadataValue;
use tonic::{Code, Request};

use super::Options;
use super::measure::{Target, median, rate, verdict};
use super::server::{PROGRAM, Server};
use super::suite::store::{Store, sqlite};

/// Concurrent requests, over as many connections as a typical caller uses.
const CALLERS: usize = 64;
const CONNECTIONS: usize = 4;

/// A server, its store, and the metadata of each request.
struct Side {
    server: Server,
    _store: Store,
    key: Option<AsciiMetadataValue>,
    rates: Vec<f64>,
}

impl Side {
    fn open() -> Self {
        let store = sqlite();
        Self { server: Server::start(store.url()), _store: store, key: None, rates: Vec::new() }
    }

    fn keyed() -> Self {
        let store = sqlite();
        let mut command = Command::new(PROGRAM);
        let made = command.args(["keys", "create", "--role", "billing", "--database-url", store.url()]).output();
        let made = String::from_utf8(made.unwrap().stdout).unwrap();
        let mut key: AsciiMetadataValue = format!("Bearer {}", made.trim_end()).parse().unwrap();
        key.set_sensitive(true);
        Self { server: Server::start(store.url()), _store: store, key: Some(key), rates: Vec::new() }
    }

    /// Sends requests until the time is over; returns the answers a second.
    async fn measure(&self, time: Duration) -> f64 {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(BillingServiceClient::new(self.server.connect().await));
        }
        let (started, clients) = (Instant::now(), Arc::new(clients));
        let mut calls = JoinSet::new();
        for caller in 0..CALLERS {
            let mut client = clients.get(caller % CONNECTIONS).unwrap().clone();
            let key = self.key.clone();
            calls.spawn(async move {
                let mut count = 0_usize;
                while started.elapsed() < time {
                    let message = v1::GetCustomerRequest { customer_id: "nobody".to_owned() };
                    let answer = client.get_customer(with_key(message, key.as_ref())).await;
                    assert_eq!(answer.unwrap_err().code(), Code::NotFound);
                    count += 1;
                }
                count
            });
        }
        rate(calls.join_all().await.into_iter().sum(), started.elapsed())
    }
}

fn with_key<T>(message: T, key: Option<&AsciiMetadataValue>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(key) = key {
        request.metadata_mut().insert("authorization", key.clone());
    }
    request
}

pub fn run(options: &Options) {
    let mut sides = [Side::open(), Side::keyed()];
    let time = Duration::from_secs(if options.scale < 1.0 { 3 } else { 10 });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for _ in 0..options.runs {
        for side in &mut sides {
            side.rates.push(runtime.block_on(side.measure(time)));
        }
    }
    let [open, keyed] = sides.map(|side| side.rates);
    println!("  without keys {open:.0?}/s, with keys {keyed:.0?}/s");
    verdict("rate with keys relative to without", median(keyed) / median(open), Target::AtLeast(0.95));
}
