//! PostgreSQL breaks connections, or is away, under load: nothing acknowledged is lost, whoever gets no answer is told to
//! come back, and soon all goes on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deltabook::grpc::v1;
use serde_json::json;
use tokio::task::JoinHandle;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::support::postgres::{Server, execute};
use crate::support::server::{TestServer, line};
use crate::support::store::{self, Store};

const CALLERS: usize = 4;
/// Within which everybody is answered again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Callers who record line after line, each for customers of their own.
struct Workload {
    /// How many lines each has recorded.
    recorded: Vec<Arc<AtomicUsize>>,
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<usize>>,
}

fn customer(caller: usize, number: usize) -> String {
    format!("customer-{caller}-{}", number / 20)
}

#[track_caller]
fn check_told_to_come_back(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.get_details_retry_info().is_some(), "{status:?}");
}

impl Workload {
    fn start(server: &TestServer) -> Self {
        let recorded: Vec<Arc<AtomicUsize>> = (0..CALLERS).map(|_| Arc::default()).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let callers = recorded.iter().enumerate().map(|(caller, recorded)| {
            let (mut client, recorded, stop) = (server.billing.clone(), Arc::clone(recorded), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut unanswered = 0;
                while !stop.load(Ordering::SeqCst) {
                    let number = recorded.load(Ordering::SeqCst);
                    let facts = vec![line(&customer(caller, number), &format!("L{number}"), json!({}))];
                    match client.record_facts(v1::RecordFactsRequest { facts, ..Default::default() }).await {
                        Ok(_) => {
                            recorded.fetch_add(1, Ordering::SeqCst);
                        }
                        // The same again: it can have been recorded nevertheless.
                        Err(status) => {
                            check_told_to_come_back(&status);
                            unanswered += 1;
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
                unanswered
            })
        });
        let callers = callers.collect();
        Self { recorded, stop, callers }
    }

    /// Waits until every caller has recorded something more.
    async fn goes_on(&self) {
        let recorded = || self.recorded.iter().map(|it| it.load(Ordering::SeqCst)).collect::<Vec<_>>();
        let (before, begun) = (recorded(), Instant::now());
        while recorded().iter().zip(&before).any(|(now, before)| now <= before) {
            assert!(begun.elapsed() < PATIENCE, "{before:?} {:?}", recorded());
            assert!(!self.callers.iter().any(JoinHandle::is_finished), "a caller has failed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Makes sure that everything acknowledged is there; gives the number of requests without an answer.
    async fn finish(self, mut server: TestServer) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        let mut unanswered = 0;
        for caller in self.callers {
            unanswered += caller.await.unwrap();
        }
        for (caller, recorded) in self.recorded.iter().enumerate() {
            let numbers: Vec<usize> = (0..recorded.load(Ordering::SeqCst)).collect();
            for numbers in numbers.chunks(20) {
                let customer_id = customer(caller, *numbers.first().unwrap());
                let request = v1::GetCustomerRequest { customer_id };
                let found = server.billing.get_customer(request).await.unwrap().into_inner();
                let found = found.subscription_lines.into_iter().map(|it| it.line.unwrap().line_id);
                let found: BTreeSet<String> = found.collect();
                let lost = numbers.iter().filter(|number| !found.contains(&format!("L{number}")));
                assert_eq!(lost.count(), 0, "of {numbers:?} there are only {found:?}");
            }
        }
        server.finish().await;
        unanswered
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_ended_take_nothing_with_them() {
    let server = TestServer::start(store::postgres()).await;
    let load = Workload::start(&server);
    for _ in 0..20 {
        load.goes_on().await;
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        execute(server.store.url(), end.to_owned()).unwrap();
    }
    load.goes_on().await;
    load.finish(server).await;
}

const OUTAGES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_breaks_down_and_comes_back_has_everything_acknowledged() {
    let mut postgres = Server::own();
    let mut server = TestServer::start(Store::Postgres(postgres.database())).await;
    let load = Workload::start(&server);
    for _ in 0..OUTAGES {
        load.goes_on().await;
        postgres.stop_immediate();
        let facts = vec![line("initech", "L1", json!({}))];
        check_told_to_come_back(&server.record(facts).await.unwrap_err());
        let asked = server.movements.get_mrr(v1::GetMrrRequest::default()).await;
        check_told_to_come_back(&asked.unwrap_err());
        postgres.start();
        load.goes_on().await;
        server.movements.get_mrr(v1::GetMrrRequest::default()).await.unwrap();
    }
    let unanswered = load.finish(server).await;
    assert!(unanswered >= OUTAGES * CALLERS, "{unanswered}");
}
