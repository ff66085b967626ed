//! Receivers that are slow, broken or gone, and what others notice of it: nothing.

use std::iter::repeat_n;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::NaiveDate;
use deltabook::clock::Clock;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::TenantId;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::redrive::{RedriveScope, redrive};
use deltabook::events::sink::sink_config::SinkSettings;
use deltabook::events::sink::{DeliveryFuture, OutgoingEvent, Sink};
use deltabook::events::sink_worker::Round;
use deltabook::store::events::redrive::Range;
use serde_json::json;

use crate::support::ledger::{LedgerFixture, ScriptedSink, line, quantity};
use crate::support::nats::Server;
use crate::support::postgres;
use crate::support::sinks::receiver::{Answer, Receiver};
use crate::support::store;
use crate::support::wait::{PATIENCE, holds, until};

/// Begins to take events, and never ends: a sink that waits for it waits for ever.
#[derive(Debug, Default)]
struct Stuck {
    filter: EventFilter,
    has_begun: AtomicBool,
}

impl Stuck {
    async fn begun(&self) {
        until(async || holds(self.has_begun.load(Ordering::SeqCst), "no delivery has begun")).await;
    }
}

impl Sink for Stuck {
    fn filter(&self) -> &EventFilter {
        &self.filter
    }

    fn deliver<'s>(&'s self, _: &'s [OutgoingEvent]) -> DeliveryFuture<'s> {
        self.has_begun.store(true, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
}

async fn open(toml: &str) -> Arc<dyn Sink> {
    let read = |_: &_| Ok("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into());
    let settings = SinkSettings::read("sink", toml.parse().unwrap()).unwrap();
    settings.open(&read, Clock::system()).await.unwrap().sink
}

async fn webhook(receiver: &Receiver) -> Arc<dyn Sink> {
    let text = format!(
        "kind = \"webhook\"\nurl = \"{}\"\nsecrets = [{{ env = \"X\" }}]\nallow_http = true\nallow_private = true\n\
         timeouts = {{ total_seconds = {} }}",
        receiver.url,
        10 * PATIENCE.as_secs(),
    );
    open(&text).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthy_sink_is_not_delayed_by_failing_sinks() {
    const CUSTOMERS: usize = 100;
    let fixture = LedgerFixture::open_now(store::postgres()).await;
    let healthy = ScriptedSink::new();
    let broken = Receiver::start(repeat_n(Answer::Status(500), 10_000)).await;
    let later = || Answer::Headers(429, vec![("retry-after", "3600".to_owned())]);
    let busy = Receiver::start(repeat_n(later(), 10_000)).await;
    let silent = Receiver::start(repeat_n(Answer::Silence, 10_000)).await;
    let mut workers = vec![fixture.worker("healthy", &healthy)];
    let others: [(&str, Arc<dyn Sink>); 4] = [
        ("broken", webhook(&broken).await),
        ("busy", webhook(&busy).await),
        ("silent", webhook(&silent).await),
        ("stuck", Arc::<Stuck>::default()),
    ];
    for (name, sink) in others {
        let mut worker = fixture.worker(name, &healthy);
        worker.sink = sink;
        workers.push(worker);
    }
    let relay = fixture.relay(workers);
    for customer in 0..CUSTOMERS {
        let customer = format!("customer-{customer}");
        fixture.record(vec![line(&customer, json!({})), quantity(&customer, "O1", "2026-02-01", 2)]).await;
        // The silent one and the stuck one answer nothing meanwhile: there is no waiting for them.
        until(async || holds(!healthy.take().is_empty(), &customer)).await;
    }
    let tried = || [&broken, &busy, &silent].map(|receiver| receiver.received().len());
    until(async || holds(!tried().contains(&0), tried())).await;
    // After `retry-after` nothing comes but what was under way.
    let asked = busy.received().len();
    assert!((1..=32).contains(&asked), "{asked} requests");
    // Bad ones hold up the end, but not for ever.
    tokio::time::timeout(PATIENCE, relay.finish()).await.unwrap();
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_sink_recovers_from_an_outage_with_data_loss() {
    const CUSTOMERS: usize = 60;
    let mut server = Server::start_new();
    let fixture = LedgerFixture::open_now(store::postgres()).await;
    let sink = open(&format!("kind = \"nats\"\nurl = \"{}\"\njournal = true", server.url())).await;
    let mut worker = fixture.worker("nats", &ScriptedSink::new());
    worker.sink = sink;
    let relay = fixture.relay(vec![worker]);
    let record = async |from: usize| {
        for customer in from..from + CUSTOMERS / 3 {
            let customer = format!("customer-{customer}");
            fixture.record(vec![line(&customer, json!({})), quantity(&customer, "O1", "2026-02-01", 2)]).await;
        }
    };
    record(0).await;
    let (events, entries) = (CUSTOMERS / 3, 4 * CUSTOMERS / 3);
    wait_for(&server, events, entries).await;
    server.kill();
    record(CUSTOMERS / 3).await;
    // The outage is noticed before it ends.
    let failed =
        || postgres::number(fixture.store().url(), "select count(*) from delivery where attempts > 0").unwrap();
    until(async || holds(failed() > 0, "no delivery has failed")).await;
    server.start();
    record(2 * CUSTOMERS / 3).await;
    wait_for(&server, 3 * events, 3 * entries).await;
    server.kill();
    server.wipe();
    server.start();
    let all = Range {
        from: NaiveDate::from_ymd_opt(1900, 1, 1).unwrap(),
        to: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
        customer: None,
    };
    for again in [RedriveScope::Dates(all), RedriveScope::Journal] {
        redrive(&fixture.db, &TenantId::only(), "nats", &again, &Actor::service(), fixture.clock.now())
            .await
            .unwrap()
            .unwrap();
    }
    wait_for(&server, 3 * events, 3 * entries).await;
    relay.finish().await;
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sink_worker_stops_when_it_loses_its_turn() {
    let store = store::postgres();
    let url = store.url().to_owned();
    let fixture = LedgerFixture::open_now(store).await;
    fixture.record(vec![line("acme", json!({})), quantity("acme", "O1", "2026-02-01", 2)]).await;
    let mut worker = fixture.worker("sink", &ScriptedSink::new());
    let stuck = Arc::<Stuck>::default();
    worker.sink = Arc::<Stuck>::clone(&stuck);
    let mut lease = worker.acquire_lease().await.unwrap().unwrap();
    let round = tokio::spawn(async move { worker.deliver_batch(&mut lease).await.unwrap() });
    stuck.begun().await;
    let cut_off = "select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and objsubid = 1
            and database = (select oid from pg_database where datname = current_database())";
    tokio::task::spawn_blocking(move || postgres::execute(&url, cut_off.to_owned()).unwrap()).await.unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, round).await.unwrap().unwrap(), Round::Lost);
    fixture.finish().await;
}

/// Until the stream has so many events, and so many entries of the journal.
async fn wait_for(server: &Server, events: usize, entries: usize) {
    until(async || {
        let found = (count(server, "deltabook.*.event.>").await, count(server, "deltabook.*.journal.>").await);
        holds(found == (events, entries), found)
    })
    .await;
}

async fn count(server: &Server, subjects: &str) -> usize {
    let Ok(client) = async_nats::connect(server.url()).await else { return 0 };
    let Ok(stream) = async_nats::jetstream::new(client).get_stream("DELTABOOK").await else { return 0 };
    let found = tokio_stream::StreamExt::fold(
        tokio_stream::StreamExt::filter_map(stream.info_with_subjects(subjects).await.unwrap(), Result::ok),
        0,
        |sum, (_, count): (String, usize)| sum + count,
    );
    found.await
}
