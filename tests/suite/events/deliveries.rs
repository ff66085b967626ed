//! Deliveries as an operator looks after them: what was given up, what is sent again, what is no longer kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use deltabook::access::identity::Identity;
use deltabook::clock::Clock;
use deltabook::codec::decode;
use deltabook::domain::actor::Actor;
use deltabook::domain::ids::TenantId;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::outbox_pruning::OutboxPruning;
use deltabook::events::sink::{DeliveryFuture, DeliveryOutcome, OutgoingEvent, Sink};
use deltabook::events::sink_worker::{Round, SinkWorker};
use deltabook::grpc::client::{AdminClient, Clients};
use deltabook::grpc::v1;
use deltabook::ledger::command::Mode;
use deltabook::ledger::handle::{Ledger, Workload, WriterTasks};
use deltabook::store::db::Db;
use serde_json::json;
use tonic::{Code, Status};

use super::store;
use crate::support::program::{Folder, ServerProcess, shown};
use crate::support::server::verified;
use crate::support::store::Store;

/// A sink in memory: what it was given, and what it says next; when nothing is left to say, it takes everything.
#[derive(Debug, Default)]
struct ScriptedSink {
    filter: EventFilter,
    script: Mutex<VecDeque<DeliveryOutcome>>,
    delivered: Mutex<Vec<(i64, String)>>,
}

impl Sink for ScriptedSink {
    fn filter(&self) -> &EventFilter {
        &self.filter
    }

    fn deliver<'s>(&'s self, events: &'s [OutgoingEvent]) -> DeliveryFuture<'s> {
        let mut script = self.script.lock().unwrap();
        let outcomes: Vec<DeliveryOutcome> =
            events.iter().map(|_| script.pop_front().unwrap_or(DeliveryOutcome::Delivered)).collect();
        let taken = events.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == DeliveryOutcome::Delivered);
        let taken = taken.map(|(event, _)| (event.sequence, event.envelope.id.clone()));
        self.delivered.lock().unwrap().extend(taken);
        Box::pin(std::future::ready(outcomes))
    }
}

/// A store with events of three customers, a clock that can be set, and a sink.
struct Books {
    store: Store,
    db: Db,
    ledger: Ledger,
    writers: WriterTasks,
    now: Arc<Mutex<DateTime<Utc>>>,
    clock: Clock,
    sink: Arc<ScriptedSink>,
    service: AdminClient,
}

const NAME: &str = "crm";

impl Books {
    /// Customers a, b and c pay 100 from January on; each charge is an event, of 1 to 3 February.
    async fn open(script: Vec<DeliveryOutcome>) -> Self {
        let store = store();
        let db = Db::open(store.url()).await.unwrap();
        let now = Arc::new(Mutex::new(Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).unwrap()));
        let clock = settable(&now);
        let tenant = TenantId::only();
        let (ledger, writers) = Ledger::start(db.clone(), &tenant, clock.clone(), Workload::Bulk).await.unwrap();
        let service = Clients::of_store(db.clone(), clock.clone(), Workload::Bulk, Identity::anonymous()).admin();
        let sink = Arc::new(ScriptedSink { script: Mutex::new(script.into()), ..ScriptedSink::default() });
        let books = Self { store, db, ledger, writers, now, clock, sink, service };
        for customer in ["a", "b", "c"] {
            for day in 1..=3 {
                books.charge(customer, day).await;
            }
        }
        books
    }

    async fn charge(&self, customer: &str, day: u32) {
        let charge = json!({"charge": {
            "charge_id": format!("C{day}"), "customer_id": customer, "status": "SUCCEEDED", "amount": "100",
            "currency": "USD", "occurred_at": format!("2026-02-{day:02}T12:00:00Z"),
        }});
        let fact = decode::fact(&serde_json::from_value(charge).unwrap(), "").unwrap();
        self.ledger.record(vec![fact], Mode::Strict, &Actor::service()).await.unwrap();
    }

    fn pass(&self, time: TimeDelta) {
        let mut now = self.now.lock().unwrap();
        *now += time;
    }

    /// Serves the sink until nothing is left to do; gives the places of what it took, in its order.
    async fn deliver(&self) -> (Round, Vec<i64>) {
        let worker = SinkWorker {
            db: self.db.clone(),
            tenant_id: TenantId::only(),
            clock: self.clock.clone(),
            name: NAME.to_owned(),
            sink: self.sink.clone(),
        };
        let mut lease = worker.acquire_lease().await.unwrap().unwrap();
        loop {
            let round = worker.deliver_batch(&mut lease).await.unwrap();
            if round != Round::Worked {
                // PostgreSQL takes a moment to notice that a session is gone: without an end the next lease may find this one.
                lease.release().await;
                let delivered = std::mem::take(&mut *self.sink.delivered.lock().unwrap());
                return (round, delivered.into_iter().map(|(place, _)| place).collect());
            }
        }
    }

    async fn sink(&mut self) -> v1::Sink {
        let mut sinks = self.service.list_sinks(v1::ListSinksRequest {}).await.unwrap().into_inner().sinks;
        assert_eq!(sinks.len(), 1);
        sinks.remove(0)
    }

    async fn redrive(&mut self, request: v1::RedriveDeliveriesRequest) -> Result<i64, Status> {
        self.service.redrive_deliveries(request).await.map(|answer| answer.get_ref().event_count)
    }

    async fn close(self) -> Store {
        self.writers.finish().await;
        self.db.close().await;
        self.store
    }
}

fn settable(now: &Arc<Mutex<DateTime<Utc>>>) -> Clock {
    let now = now.clone();
    Clock::of(move || *now.lock().unwrap())
}

fn refused() -> DeliveryOutcome {
    DeliveryOutcome::Refused { reason: "400 Bad Request".to_owned() }
}

fn dead(page_size: i32, page_token: &str) -> v1::ListDeliveriesRequest {
    let state = v1::DeliveryState::Dead.into();
    v1::ListDeliveriesRequest { sink: NAME.to_owned(), state, page_size, page_token: page_token.to_owned() }
}

fn dates(from: &str, to: &str, customer: &str) -> v1::RedriveDeliveriesRequest {
    v1::RedriveDeliveriesRequest {
        sink: NAME.to_owned(),
        dead: false,
        from_date: from.to_owned(),
        to_date: to.to_owned(),
        customer_id: customer.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn dead_deliveries_are_listed_by_page_and_redriven() {
    let mut books = Books::open(vec![refused(), refused(), DeliveryOutcome::Delivered, refused()]).await;
    let (_, delivered) = books.deliver().await;
    let sink = books.sink().await;
    assert_eq!((sink.dead_count, sink.waiting_count, sink.lag_seconds), (3, 0, 0));
    assert_eq!((sink.oldest_undelivered_at, sink.position), (None, sink.last_position));

    let first = books.service.list_deliveries(dead(2, "")).await.unwrap().into_inner();
    let second = books.service.list_deliveries(dead(2, &first.next_page_token)).await.unwrap().into_inner();
    assert_eq!(second.next_page_token, "");
    let listed: Vec<v1::Delivery> = first.deliveries.into_iter().chain(second.deliveries).collect();
    let places: Vec<i64> = listed.iter().map(|it| it.position).collect();
    assert_eq!(places.len(), 3);
    assert!(places.is_sorted_by(|a, b| a < b) && places.iter().all(|place| !delivered.contains(place)));
    for it in &listed {
        assert_eq!((it.attempts, it.reason.as_str()), (1, "400 Bad Request"));
        assert_eq!((it.next_attempt_at, it.event_id.len()), (None, 36));
        assert!(!it.event_name.is_empty() && !it.event_date.is_empty() && it.first_tried_at.is_some());
    }
    // A token is good for its own question only.
    let mut other = dead(2, &first.next_page_token);
    other.state = v1::DeliveryState::Waiting.into();
    assert_eq!(books.service.list_deliveries(other).await.unwrap_err().code(), Code::InvalidArgument);

    let request = v1::RedriveDeliveriesRequest { dead: true, ..dates("", "", "") };
    assert_eq!(books.redrive(request.clone()).await.unwrap(), 3);
    assert_eq!(books.sink().await.waiting_count, 3);
    assert_eq!(books.deliver().await.1, places);
    assert_eq!(books.redrive(request).await.unwrap(), 0);
    let sink = books.sink().await;
    assert_eq!((sink.dead_count, sink.waiting_count), (0, 0));
    books.close().await;
}

#[tokio::test]
async fn delivered_events_are_redriven_by_date_in_order() {
    let mut books = Books::open(Vec::new()).await;
    let (_, all) = books.deliver().await;
    assert!(all.is_sorted() && all.len() >= 9);
    assert_eq!(books.redrive(dates("2026-02-02", "2026-02-03", "")).await.unwrap(), 6);
    let (_, again) = books.deliver().await;
    assert!(again.is_sorted() && again.len() == 6 && again.iter().all(|place| all.contains(place)));
    assert_eq!(books.redrive(dates("2026-02-01", "2026-02-01", "b")).await.unwrap(), 1);
    assert_eq!(books.deliver().await.1.len(), 1);
    assert_eq!(books.redrive(dates("2025-01-01", "2025-12-31", "")).await.unwrap(), 0);
    assert_eq!(books.deliver().await.1, [0; 0]);
    books.close().await;
}

#[tokio::test]
async fn delivery_requests_are_validated() {
    let mut books = Books::open(Vec::new()).await;
    books.deliver().await;
    for (request, message) in [
        (dates("", "", ""), "from_date: is required (and 1 more)"),
        (dates("2026-02-02", "2026-02-01", ""), "to_date: is before from_date"),
        (
            v1::RedriveDeliveriesRequest { dead: true, ..dates("2026-02-01", "", "") },
            "dead: excludes from_date and to_date",
        ),
        (v1::RedriveDeliveriesRequest { sink: String::new(), dead: true, ..dates("", "", "") }, "sink: is required"),
    ] {
        let status = books.redrive(request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, message));
    }
    let unknown = || "nobody".to_owned();
    let request = v1::ListDeliveriesRequest { sink: unknown(), ..dead(0, "") };
    let listed = books.service.list_deliveries(request).await.unwrap_err();
    let request = v1::RedriveDeliveriesRequest { sink: unknown(), ..dates("2026-02-01", "2026-02-01", "") };
    let redriven = books.redrive(request).await.unwrap_err();
    let enabled = books.service.enable_sink(v1::EnableSinkRequest { sink: unknown() }).await.unwrap_err();
    for status in [listed, redriven, enabled] {
        assert_eq!((status.code(), status.message()), (Code::NotFound, "no sink nobody was ever served"));
    }
    books.close().await;
}

#[tokio::test]
async fn disabled_sink_receives_all_events_once_enabled() {
    let gone = DeliveryOutcome::Disabled { reason: "410 Gone".to_owned() };
    let mut books = Books::open(vec![DeliveryOutcome::Delivered, gone]).await;
    let (round, before) = books.deliver().await;
    assert_eq!(round, Round::Disabled);
    books.charge("d", 4).await;
    books.pass(TimeDelta::minutes(10));
    let sink = books.sink().await;
    assert_eq!((sink.disabled_reason.as_str(), sink.lag_seconds), ("410 Gone", 600));
    assert_eq!(books.deliver().await, (Round::Disabled, Vec::new()));

    let request = v1::EnableSinkRequest { sink: NAME.to_owned() };
    assert!(books.service.enable_sink(request.clone()).await.unwrap().into_inner().was_disabled);
    assert!(!books.service.enable_sink(request).await.unwrap().into_inner().was_disabled);
    let (round, after) = books.deliver().await;
    assert_eq!(round, Round::Idle);
    let mut all: Vec<i64> = before.into_iter().chain(after).collect();
    all.sort_unstable();
    let last = usize::try_from(books.sink().await.last_position).unwrap();
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    assert!(all.len() >= 10 && all.len() <= last, "{all:?}");
    assert_eq!(books.sink().await.oldest_undelivered_at, None);
    books.close().await;
}

#[tokio::test]
async fn events_are_pruned_after_delivery_and_retention_time() {
    let mut books = Books::open(vec![refused()]).await;
    let (db, clock) = (books.db.clone(), books.clock.clone());
    let mut retention =
        OutboxPruning { db, tenant_id: TenantId::only(), clock, retention: TimeDelta::days(30), pruned_through: 0 };
    books.pass(TimeDelta::days(31));
    assert_eq!(retention.prune().await.unwrap(), 0, "without a sink nothing is let go");
    let (_, delivered) = books.deliver().await;
    books.charge("young", 4).await;
    books.deliver().await;
    let delivered = u64::try_from(delivered.len()).unwrap();
    // Not what was given up; not what is young. And events that the sink does not choose are let go with the others.
    let pruned = retention.prune().await.unwrap();
    assert!(pruned >= delivered, "{pruned} of {delivered}");
    assert_eq!(retention.prune().await.unwrap(), 0);

    // What is no longer kept is not sent again; the rest is.
    assert_eq!(books.redrive(dates("2026-01-01", "2026-12-31", "young")).await.unwrap(), 2);
    let request = v1::RedriveDeliveriesRequest { dead: true, ..dates("", "", "") };
    assert_eq!(books.redrive(request).await.unwrap(), 1);
    assert_eq!(books.deliver().await.1.len(), 2);
    assert_eq!(books.redrive(dates("2026-01-01", "2026-02-01", "b")).await.unwrap(), 0);
    // Recording the same facts, or others, of these customers sends nothing twice.
    books.charge("a", 1).await;
    books.charge("b", 5).await;
    assert_eq!(books.deliver().await.1.len(), 1);
    let store = books.close().await;
    assert_eq!(verified(store.url()).await.differences, []);
}

#[tokio::test]
async fn events_are_kept_for_a_lagging_sink() {
    let books = Books::open(Vec::new()).await;
    let (db, clock) = (books.db.clone(), books.clock.clone());
    let mut retention = OutboxPruning {
        db,
        tenant_id: TenantId::only(),
        clock: clock.clone(),
        retention: TimeDelta::days(30),
        pruned_through: 0,
    };
    books.deliver().await;
    let slow = SinkWorker {
        db: books.db.clone(),
        tenant_id: TenantId::only(),
        clock,
        name: "slow".to_owned(),
        sink: books.sink.clone(),
    };
    let mut lease = slow.acquire_lease().await.unwrap().unwrap();
    books.pass(TimeDelta::days(31));
    assert_eq!(retention.prune().await.unwrap(), 0);
    while slow.deliver_batch(&mut lease).await.unwrap() == Round::Worked {}
    assert!(retention.prune().await.unwrap() >= 9);
    lease.release().await;
    books.close().await;
}

#[tokio::test]
async fn verify_finds_an_event_missing_in_the_outbox() {
    let books = Books::open(Vec::new()).await;
    let store = books.close().await;
    assert_eq!(verified(store.url()).await.differences, []);
    assert_eq!(store.tamper("delete from outbox where customer_id = 'b' and event_key = 'Billed/C2'"), 1);
    let found = verified(store.url()).await.differences;
    let printed: Vec<String> =
        found.iter().map(|it| format!("{}: {}", it.customer_id.as_ref().unwrap(), it.what)).collect();
    assert_eq!(printed, ["b: the facts call for Billed/C2, which is not in the outbox"]);
}

const CHARGES: &str = r#"{"charge": {"charge_id": "C1", "customer_id": "acme", "status": "SUCCEEDED", "amount": "100", "currency": "USD", "occurred_at": "2026-02-01T12:00:00Z"}}
{"charge": {"charge_id": "C2", "customer_id": "acme", "status": "SUCCEEDED", "amount": "100", "currency": "USD", "occurred_at": "2026-03-01T12:00:00Z"}}
"#;

#[test]
fn delivery_commands_list_redrive_and_enable() {
    let config = "[outbox]\nretention_days = 60\n\n[sinks.log]\nkind = \"file\"\npath = \"events.jsonl\"\n";
    let folder = Folder::with(&[("charges.jsonl", CHARGES), ("deltabook.toml", config)]).on(store());
    assert_eq!(folder.run("import charges.jsonl").code, Some(0));
    assert_eq!(folder.ask("deliveries list"), "no results\n");
    folder.refuses("deliveries enable --sink log", "error: no sink log was ever served\n");
    let drain = "relay --config deltabook.toml --drain";
    assert_eq!(folder.ask(drain), "");

    let sinks = folder.rows("deliveries list");
    assert_eq!(shown(&sinks, &["sink", "lag_seconds", "waiting_count", "dead_count", "failures"]), ["log 0 0 0 0"]);
    assert_eq!(sinks[0]["position"], sinks[0]["last_position"]);
    assert!(
        folder
            .ask("deliveries list")
            .starts_with("sink  position  last position  lag  waiting  dead  failures  paused until")
    );
    let delivered = || std::fs::read_to_string(folder.path("events.jsonl")).unwrap().lines().count();
    let before = delivered();
    let redriven = folder.ask("deliveries redrive --sink log --from 2026-02-01 --to 2026-02-28 --customer acme");
    assert_eq!(redriven, "1 event will be delivered again\n");
    let waiting = folder.rows("deliveries list --sink log");
    assert_eq!(
        shown(&waiting, &["event_name", "event_date", "customer_id", "attempts", "reason"]),
        ["Billed 2026-02-01 acme 0 -"]
    );
    assert_eq!(folder.ask("deliveries dead --sink log"), "no results\n");
    let one = "update delivery set is_dead = true, attempts = 3, reason = 'no'";
    let one = if matches!(folder.store(), Store::Sqlite { .. }) { one.replace("true", "1") } else { one.to_owned() };
    assert_eq!(folder.store().tamper(&one), 1);
    let dead = folder.rows("deliveries dead --sink log");
    assert_eq!(shown(&dead, &["event_name", "attempts", "next_attempt_at", "reason"]), ["Billed 3 - no"]);
    let mut serving = ServerProcess::start(&folder);
    for question in ["list", "list --format json", "list --sink log", "dead --sink log --format csv", "dead --sink no"]
    {
        let of_server = folder.run(&format!("deliveries {question} --server {}", serving.url));
        assert_eq!(of_server, folder.run(&format!("deliveries {question}")), "{question}");
    }
    let redrive = format!("deliveries redrive --sink log --dead --server {}", serving.url);
    assert_eq!(folder.ask(&redrive), "1 event will be delivered again\n");
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    assert_eq!(folder.ask(drain), "");
    assert_eq!(delivered(), before + 1);
    assert_eq!(folder.ask("deliveries enable --sink log"), "sink log was neither disabled nor paused\n");

    assert_eq!(folder.run("deliveries redrive --sink log").code, Some(2));
    assert_eq!(folder.run("deliveries redrive --sink log --from 2026-02-01").code, Some(2));
    assert_eq!(folder.run("deliveries redrive --sink log --dead --from 2026-02-01 --to 2026-02-01").code, Some(2));
    folder.write("wrong.toml", "[outbox]\nretention_days = 0\n");
    folder.refuses(
        "relay --config wrong.toml",
        "error: wrong.toml: outbox.retention_days is not a whole number from 1 to 36500\n",
    );
}
