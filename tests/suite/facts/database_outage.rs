//! PostgreSQL breaks connections, or is away, under load: nothing acknowledged is lost, other requests are UNAVAILABLE
//! with a time to retry, and the service recovers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use deltabook::grpc::v1;
use serde_json::json;
use tokio::task::JoinHandle;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::support::postgres::{Server, execute};
use crate::support::server::{TestServer, line};
use crate::support::store::{self, Store};
use crate::support::wait::{holds, until};

const CALLERS: usize = 4;

/// Callers who record line after line, each for customers of their own.
struct Workload {
    /// How many lines each has recorded.
    recorded: Vec<Arc<AtomicUsize>>,
    /// How many requests of each had no answer.
    unanswered: Vec<Arc<AtomicUsize>>,
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<()>>,
}

fn customer(caller: usize, number: usize) -> String {
    format!("customer-{caller}-{}", number / 20)
}

#[track_caller]
fn check_unavailable(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.get_details_retry_info().is_some(), "{status:?}");
}

impl Workload {
    fn start(server: &TestServer) -> Self {
        let [recorded, unanswered]: [Vec<Arc<AtomicUsize>>; 2] =
            [(); 2].map(|()| (0..CALLERS).map(|_| Arc::default()).collect());
        let stop = Arc::new(AtomicBool::new(false));
        let callers = recorded.iter().zip(&unanswered).enumerate().map(|(caller, (recorded, unanswered))| {
            let (mut client, stop) = (server.billing.clone(), Arc::clone(&stop));
            let (recorded, unanswered) = (Arc::clone(recorded), Arc::clone(unanswered));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let number = recorded.load(Ordering::SeqCst);
                    let facts = vec![line(&customer(caller, number), &format!("L{number}"), json!({}))];
                    match client.record_facts(v1::RecordFactsRequest { facts, ..Default::default() }).await {
                        Ok(_) => {
                            recorded.fetch_add(1, Ordering::SeqCst);
                        }
                        // The same again: it can have been recorded nevertheless.
                        Err(status) => {
                            check_unavailable(&status);
                            unanswered.fetch_add(1, Ordering::SeqCst);
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
            })
        });
        let callers = callers.collect();
        Self { recorded, unanswered, stop, callers }
    }

    /// Waits until every caller has recorded something more.
    async fn goes_on(&self) {
        self.all_have_more(&self.recorded).await;
    }

    /// Waits until every caller has had a request without an answer.
    async fn breaks_off(&self) {
        self.all_have_more(&self.unanswered).await;
    }

    async fn all_have_more(&self, counters: &[Arc<AtomicUsize>]) {
        let counts = || counters.iter().map(|it| it.load(Ordering::SeqCst)).collect::<Vec<_>>();
        let before = counts();
        until(async || {
            assert!(!self.callers.iter().any(JoinHandle::is_finished), "a caller has failed");
            let now = counts();
            holds(now.iter().zip(&before).all(|(now, before)| now > before), now)
        })
        .await;
    }

    /// Makes sure that everything acknowledged is there.
    async fn finish(self, mut server: TestServer) {
        self.stop.store(true, Ordering::SeqCst);
        for caller in self.callers {
            caller.await.unwrap();
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
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_facts_survive_terminated_sessions() {
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
async fn acknowledged_facts_survive_a_database_outage() {
    let mut postgres = Server::own();
    let mut server = TestServer::start(Store::Postgres(postgres.database())).await;
    let load = Workload::start(&server);
    for _ in 0..OUTAGES {
        load.goes_on().await;
        postgres.stop_immediate();
        let facts = vec![line("initech", "L1", json!({}))];
        check_unavailable(&server.record(facts).await.unwrap_err());
        let asked = server.movements.get_mrr(v1::GetMrrRequest::default()).await;
        check_unavailable(&asked.unwrap_err());
        load.breaks_off().await;
        postgres.start();
        load.goes_on().await;
        server.movements.get_mrr(v1::GetMrrRequest::default()).await.unwrap();
    }
    load.finish(server).await;
}
