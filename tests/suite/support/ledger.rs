//! A ledger and a sink under the test's own clock: what is recorded, when, and what the sink says to it.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use deltabook::clock::Clock;
use deltabook::codec::decode;
use deltabook::domain::actor::Actor;
use deltabook::domain::facts::fact::Fact;
use deltabook::domain::ids::TenantId;
use deltabook::events::due_scheduler::DueScheduler;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::outbox_pruning::{DEFAULT_RETENTION, OutboxPruning};
use deltabook::events::relay::{Relay, drain};
use deltabook::events::sink::{DeliveryFuture, DeliveryOutcome, OutgoingEvent, Sink};
use deltabook::events::sink_worker::SinkWorker;
use deltabook::ledger::command::Mode;
use deltabook::ledger::handle::{Ledger, Workload, WriterTasks};
use deltabook::store::db::Db;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use super::facts::{charge, line, quantity};
use super::server::verified;
use super::store::Store;
use super::{canary, facts};

pub const NOTHING: [String; 0] = [];

/// What a sink says to an event.
type Answer = Box<dyn FnMut(&OutgoingEvent) -> DeliveryOutcome + Send>;

/// A sink that keeps what it takes, and answers as the test wants.
pub struct ScriptedSink {
    filter: EventFilter,
    needs_unique_seconds: bool,
    answer: Mutex<Answer>,
    taken: Mutex<Vec<OutgoingEvent>>,
}

impl std::fmt::Debug for ScriptedSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl ScriptedSink {
    pub fn new() -> Arc<Self> {
        Self::with_filter(EventFilter::default(), false)
    }

    pub fn with_filter(filter: EventFilter, needs_unique_seconds: bool) -> Arc<Self> {
        let answer: Answer = Box::new(|_| DeliveryOutcome::Delivered);
        Arc::new(Self { filter, needs_unique_seconds, answer: Mutex::new(answer), taken: Mutex::default() })
    }

    pub fn answers(&self, answer: impl FnMut(&OutgoingEvent) -> DeliveryOutcome + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    /// Everything that it took so far, and forgets it.
    pub fn take(&self) -> Vec<OutgoingEvent> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }

    /// As `date customer event`.
    pub fn take_shown(&self) -> Vec<String> {
        let shown =
            |it: &OutgoingEvent| format!("{} {} {}", it.envelope.date, it.envelope.customer_id, it.envelope.event);
        self.take().iter().map(shown).collect()
    }
}

impl Sink for ScriptedSink {
    fn filter(&self) -> &EventFilter {
        &self.filter
    }

    fn needs_unique_seconds(&self) -> bool {
        self.needs_unique_seconds
    }

    fn deliver<'s>(&'s self, events: &'s [OutgoingEvent]) -> DeliveryFuture<'s> {
        Box::pin(async move {
            let mut failed: Vec<&str> = Vec::new();
            let mut outcomes = Vec::new();
            for event in events {
                let customer = event.envelope.customer_id.as_str();
                if failed.contains(&customer) {
                    outcomes.push(DeliveryOutcome::Held);
                    continue;
                }
                let outcome = (self.answer.lock().unwrap())(event);
                match outcome {
                    DeliveryOutcome::Delivered => self.taken.lock().unwrap().push(event.clone()),
                    DeliveryOutcome::Failed { .. } => failed.push(customer),
                    _ => {}
                }
                outcomes.push(outcome);
            }
            outcomes
        })
    }
}

pub fn fails(reason: &str) -> DeliveryOutcome {
    DeliveryOutcome::Failed { reason: reason.to_owned(), retry_after: None }
}

/// A store with its ledger, and the test's time.
pub struct LedgerFixture {
    pub db: Db,
    pub clock: Clock,
    pub ledger: Ledger,
    time: Arc<Mutex<DateTime<Utc>>>,
    writers: WriterTasks,
    store: Store,
}

impl LedgerFixture {
    /// By the machine's clock.
    pub async fn open_now(store: Store) -> Self {
        Self::with_clock(store, Clock::system(), Arc::default()).await
    }

    pub async fn open(store: Store, now: &str) -> Self {
        let time = Arc::new(Mutex::new(now.parse().unwrap()));
        let clock = Clock::of({
            let time = Arc::clone(&time);
            move || *time.lock().unwrap()
        });
        Self::with_clock(store, clock, time).await
    }

    async fn with_clock(store: Store, clock: Clock, time: Arc<Mutex<DateTime<Utc>>>) -> Self {
        canary::watch();
        let db = Db::open(store.url()).await.unwrap();
        let (ledger, writers) =
            Ledger::start(db.clone(), &TenantId::only(), clock.clone(), Workload::Requests).await.unwrap();
        Self { db, clock, ledger, time, writers, store }
    }

    pub fn at(&self, now: &str) {
        *self.time.lock().unwrap() = now.parse().unwrap();
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub async fn record(&self, facts: Vec<Value>) {
        self.ledger.record(facts.into_iter().map(fact).collect(), Mode::Strict, &Actor::service()).await.unwrap();
    }

    pub fn worker(&self, name: &str, sink: &Arc<ScriptedSink>) -> SinkWorker {
        SinkWorker {
            db: self.db.clone(),
            tenant_id: TenantId::only(),
            clock: self.clock.clone(),
            name: name.to_owned(),
            sink: Arc::<ScriptedSink>::clone(sink),
        }
    }

    pub fn due_scheduler(&self) -> DueScheduler {
        let (db, clock, ledger) = (self.db.clone(), self.clock.clone(), self.ledger.clone());
        DueScheduler { db, tenant_id: TenantId::only(), clock, ledger }
    }

    pub fn relay(&self, workers: Vec<SinkWorker>) -> Relay {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let retention =
            OutboxPruning { db, tenant_id: TenantId::only(), clock, retention: DEFAULT_RETENTION, pruned_through: 0 };
        Relay::start(workers, self.due_scheduler(), retention, self.ledger.committed())
    }

    /// Delivers what is due.
    pub async fn drain(&self, sink: &Arc<ScriptedSink>) {
        let workers = vec![self.worker("sink", sink)];
        let left = drain(workers, &self.due_scheduler(), CancellationToken::new()).await.unwrap();
        assert!(left.iter().all(|(_, reason)| !reason.contains("another")), "{left:?}");
    }

    pub async fn finish(self) {
        self.writers.finish().await;
        self.db.close().await;
        assert_eq!(verified(self.store.url()).await.differences, [], "verify");
    }
}

pub fn fact(fact: Value) -> Fact {
    decode::fact(&serde_json::from_value(fact).unwrap(), "fact").unwrap()
}

/// An order of [`facts`] with new prices, of another date.
pub fn order(customer: &str, id: &str, date: &str, fields: Value) -> Value {
    facts::order(customer, id, facts::with(json!({ "type": "MODIFY_PRICING", "effective_date": date }), fields))
}
