//! P99 latency of a well-behaved client during connection floods (500 half-open connections) and stream resets (requests
//! cancelled as soon as they are sent).
//!
//! Run with `cargo bench --bench listener`; `--runs 3` sets the number of runs. All processes share one machine, so the
//! attacking clients also use processor time that is not the service's: their effect when they attack another server is
//! measured too. The four measurements alternate; ratios are of the medians of the runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]
#![expect(clippy::as_conversions, clippy::float_arithmetic, reason = "what is measured is shown as ratios")]

#[path = "../../tests/suite/support/http2_frames.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod frames;
#[path = "../store/measure.rs"]
#[expect(dead_code, reason = "the other benchmarks use all of it")]
mod measure;
mod resets;
#[path = "../store/server.rs"]
#[expect(dead_code, reason = "the other benchmarks use all of it")]
mod server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use tokio::net::TcpStream;
use tonic::transport::Channel;

use measure::{Target, median, millis, quantile, verdict};
use server::Server;

const HALF_OPEN: usize = 500;
/// Minimum number of resets; they continue until the well-behaved client has made all of its calls.
const RESETS: usize = 20_000;
const CALLS: usize = 3_000;
/// Pause between calls of the well-behaved client.
const PAUSE: Duration = Duration::from_millis(1);

/// Measures the listener.
#[derive(Debug, Parser)]
struct Options {
    /// Number of runs of each measurement.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Argument that `cargo bench` always passes.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let folder = tempfile::tempdir().unwrap();
    let store = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (attacked, other) = (Server::start(&store("attacked.db")), Server::start(&store("other.db")));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(measure(&options, &attacked, &other));
}

async fn measure(options: &Options, attacked: &Server, other: &Server) {
    let client = Client { channel: attacked.connect().await };
    client.calls(CALLS).await;
    let [mut quiet, mut half_open, mut resets, mut elsewhere] = [const { Vec::new() }; 4];
    for _ in 0..options.runs {
        quiet.push(millis(client.calls(CALLS).await));
        half_open.push(millis(client.beside_half_open(attacked.address.parse().unwrap()).await));
        resets.push(millis(client.beside_resets(attacked.address.parse().unwrap()).await));
        elsewhere.push(millis(client.beside_resets(other.address.parse().unwrap()).await));
    }
    println!("  p99 in ms: quiet {quiet:.2?}, {HALF_OPEN} half-open {half_open:.2?}");
    println!("  resets {resets:.2?}, as many at another server on this machine {elsewhere:.2?}");
    let [quiet, half_open, resets, elsewhere] = [quiet, half_open, resets, elsewhere].map(median);
    verdict("p99 beside half-open connections, relative to quiet", half_open / quiet, Target::AtMost(2.0));
    verdict("p99 beside resets, relative to quiet", resets / quiet, Target::AtMost(2.0));
    verdict("p99 beside resets, relative to resets elsewhere", resets / elsewhere, Target::AtMost(2.0));
}

/// A well-behaved client, on one connection.
struct Client {
    channel: Channel,
}

impl Client {
    /// The p99 latency of `count` calls.
    async fn calls(&self, count: usize) -> Duration {
        let mut client = BillingServiceClient::new(self.channel.clone());
        let mut latencies = Vec::with_capacity(count);
        for _ in 0..count {
            let started = Instant::now();
            let request = v1::GetCustomerRequest { customer_id: "nobody".to_owned() };
            let answer = client.get_customer(request).await;
            latencies.push(started.elapsed());
            assert_eq!(answer.unwrap_err().code(), tonic::Code::NotFound);
            tokio::time::sleep(PAUSE).await;
        }
        latencies.sort();
        quantile(&latencies, 0.99)
    }

    async fn beside_half_open(&self, address: SocketAddr) -> Duration {
        // The oldest connection is replaced continually, so that the number stays at its limit.
        let attack = tokio::spawn(async move {
            let mut held = std::collections::VecDeque::new();
            loop {
                held.push_back(TcpStream::connect(address).await.unwrap());
                if held.len() > HALF_OPEN {
                    held.pop_front();
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
        let p99 = self.calls(CALLS).await;
        attack.abort();
        assert!(attack.await.unwrap_err().is_cancelled());
        p99
    }

    async fn beside_resets(&self, address: SocketAddr) -> Duration {
        let sent = Arc::new(AtomicUsize::new(0));
        let attack = tokio::spawn(resets::send(address, Arc::clone(&sent)));
        let mut p99 = Duration::ZERO;
        while p99 == Duration::ZERO || sent.load(Ordering::Relaxed) < RESETS {
            p99 = self.calls(CALLS).await.max(p99);
        }
        attack.abort();
        assert!(attack.await.unwrap_err().is_cancelled());
        p99
    }
}
