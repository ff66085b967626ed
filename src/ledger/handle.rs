//! The handle to the writers that everybody else has: it says who writes what, and how much may wait.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::policy::Policy;
use crate::ledger::command::{Mode, Recorded, Request};
use crate::ledger::error::RecordError;
use crate::ledger::pending::Submitted;
use crate::ledger::write::batch::Desk;
use crate::ledger::write::customer_cache::Cache;
use crate::ledger::write::customer_state::fact_weight;
use crate::ledger::write::writer_task::{Job, write_all};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenants::tenant;

/// The most writers on PostgreSQL.
const MAX_WRITERS: usize = 8;
/// Ledger on SQLite, which has one at a time; so the same requests give the same journal, numbers and all.
const SQLITE_WRITERS: usize = 1;
/// Rows of a total. The writers of a process have one each; so have those of others, most likely.
const SHARDS: u32 = 16;
/// Requests that may wait for one writer; more are refused, but for batches of streams, which wait before the queue.
const QUEUE: usize = 1_024;
/// What all waiting requests together may weigh, in KiB.
const MAX_WAITING: usize = 48 * 1_024;
/// What all customers in memory together may weigh, in bytes.
const CACHE: usize = 64 << 20;

/// What the writers have to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Single requests, about customers of whom more is to come. Few writers, because the larger their batches, the less
    /// each request costs; and customers used last stay in memory.
    Requests,
    /// Large batches, each customer once. As many writers as cores, because deciding is most of the work; and nothing
    /// stays in memory.
    Bulk,
}

/// Records facts, through the tasks that write. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    queues: Arc<[mpsc::Sender<Job>]>,
    room: Arc<Semaphore>,
    stop: CancellationToken,
    committed: watch::Receiver<()>,
    /// For what concerns all of the books.
    pub(super) desk: Desk,
    pub(super) clock: Clock,
    /// Held by whoever derives everybody anew.
    pub(super) replaying: Arc<Mutex<()>>,
}

/// Room for what waits and for customers at hand; the ledgers of several tenants can share it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Memory {
    cache: Cache,
    room: Arc<Semaphore>,
}

impl Memory {
    #[must_use]
    pub fn new(load: Load) -> Self {
        let cache = Cache::new(if load == Load::Requests { CACHE } else { 0 });
        Self { cache, room: Arc::new(Semaphore::new(MAX_WAITING)) }
    }
}

/// The tasks that write; to be waited for at the end.
#[derive(Debug)]
pub struct WriterTasks {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Ledger {
    /// Starts the tasks that write, on an open database, for one tenant.
    pub async fn start(
        db: Db,
        tenant_id: &TenantId,
        clock: Clock,
        load: Load,
    ) -> Result<(Self, WriterTasks), StoreError> {
        Self::start_within(&Memory::new(load), db, tenant_id, clock, load).await
    }

    /// The same, beside the ledgers of other tenants.
    pub async fn start_within(
        memory: &Memory,
        db: Db,
        tenant_id: &TenantId,
        clock: Clock,
        load: Load,
    ) -> Result<(Self, WriterTasks), StoreError> {
        let mut tx = db.write().await?;
        tenant::ensure(&mut tx, tenant_id, Policy::default(), clock.now()).await?;
        tx.commit().await?;
        let count = match db {
            Db::Sqlite { .. } => SQLITE_WRITERS,
            Db::Postgres { .. } => {
                let cores = available_parallelism().map_or(1, NonZero::get);
                (if load == Load::Requests { cores / 2 } else { cores }).clamp(1, MAX_WRITERS)
            }
        };
        let stop = CancellationToken::new();
        let (told, committed) = watch::channel(());
        let told = Arc::new(told);
        let (mut queues, mut tasks) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let cache = memory.cache.of(tenant_id);
        let desk = Desk { db, tenant_id: tenant_id.clone(), cache, shard: 0 };
        for shard in shards(std::process::id(), count) {
            let (jobs, queue) = mpsc::channel(QUEUE);
            let desk = Desk { shard, ..desk.clone() };
            tasks.push(tokio::spawn(write_all(desk, clock.clone(), queue, stop.clone(), Arc::clone(&told))));
            queues.push(jobs);
        }
        let room = Arc::clone(&memory.room);
        let ledger =
            Self { queues: queues.into(), room, stop: stop.clone(), committed, desk, clock, replaying: Arc::default() };
        Ok((ledger, WriterTasks { stop, tasks }))
    }

    /// Records facts, or says what they would mean. Once begun, they are recorded even if nobody waits for the answer;
    /// if nobody waits before they are begun, they are not.
    pub async fn record(&self, facts: Vec<Fact>, mode: Mode, author: &Actor) -> Result<Recorded, RecordError> {
        if mode == Mode::Lenient {
            return self.submit(facts, author).await?.finish().await;
        }
        // All of it in one transaction: with the writer of the first customer. Others may have customers of it in
        // memory; they find out.
        let writer = facts.first().map_or(0, |fact| self.writer_of(fact.customer_id()));
        let queue = self.queues.get(writer).ok_or(RecordError::Failed)?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(weight(&facts));
        let room = room.map_err(|_| RecordError::Overloaded)?;
        let (answer, answered) = oneshot::channel();
        let request = Request { facts, mode, again: None, author: author.clone() };
        queue.try_send(Job { request, answer, room }).map_err(|error| match error {
            TrySendError::Full(_) => RecordError::Overloaded,
            TrySendError::Closed(_) => RecordError::ShuttingDown,
        })?;
        answered.await.map_err(|_| RecordError::ShuttingDown)?
    }

    /// Hands facts to the writers of their customers, to be recorded leniently. Waits until there is room for them: that
    /// is what slows a sender down. What is submitted first is recorded first, customer by customer.
    pub async fn submit(&self, facts: Vec<Fact>, author: &Actor) -> Result<Submitted, RecordError> {
        let mut submitted = Submitted::of(facts.len());
        let mut parts: Vec<(Vec<usize>, Vec<Fact>)> = self.queues.iter().map(|_| Default::default()).collect();
        for (index, fact) in facts.into_iter().enumerate() {
            if let Some((places, facts)) = parts.get_mut(self.writer_of(fact.customer_id())) {
                places.push(index);
                facts.push(fact);
            }
        }
        for ((places, facts), queue) in parts.into_iter().zip(self.queues.iter()) {
            if facts.is_empty() {
                continue;
            }
            let room = Arc::clone(&self.room).acquire_many_owned(weight(&facts)).await;
            let room = room.map_err(|_| RecordError::ShuttingDown)?;
            let (answer, answered) = oneshot::channel();
            let request = Request { facts, mode: Mode::Lenient, again: None, author: author.clone() };
            queue.send(Job { request, answer, room }).await.map_err(|_| RecordError::ShuttingDown)?;
            submitted.add(places, answered);
        }
        Ok(submitted)
    }

    /// Derives a customer again: sends the events that have become due, and posts what the policy gives now. Waits until
    /// there is room.
    pub async fn derive_again(&self, customer_id: CustomerId) -> Result<Recorded, RecordError> {
        let queue = self.queues.get(self.writer_of(&customer_id)).ok_or(RecordError::Failed)?;
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| RecordError::ShuttingDown)?;
        let (answer, answered) = oneshot::channel();
        let author = Actor::service();
        let request = Request { facts: Vec::new(), mode: Mode::Lenient, again: Some(customer_id), author };
        queue.send(Job { request, answer, room }).await.map_err(|_| RecordError::ShuttingDown)?;
        answered.await.map_err(|_| RecordError::ShuttingDown)?
    }

    fn writer_of(&self, customer_id: &CustomerId) -> usize {
        let mut hasher = DefaultHasher::new();
        customer_id.hash(&mut hasher);
        let writers = u64::try_from(self.queues.len()).unwrap_or(1);
        usize::try_from(hasher.finish().checked_rem(writers).unwrap_or(0)).unwrap_or(0)
    }

    /// Told whenever a batch of this process may have been committed.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<()> {
        self.committed.clone()
    }

    /// Accepts nothing more; what was accepted is still recorded.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl WriterTasks {
    /// Accepts nothing more, finishes what was accepted, and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a writer ended badly");
            }
        }
    }
}

/// What facts weigh, in KiB: at least 1, at most all the room there is.
fn weight(facts: &[Fact]) -> u32 {
    let bytes = facts.iter().map(fact_weight).fold(0, usize::saturating_add);
    u32::try_from((bytes >> 10).clamp(1, MAX_WAITING)).unwrap_or(u32::MAX)
}

/// The rows of totals of a process's writers: side by side, from a place that differs by process.
fn shards(process: u32, count: usize) -> impl Iterator<Item = i16> {
    (0..u32::try_from(count).unwrap_or(1)).map(move |writer| {
        let first = process.wrapping_mul(u32::try_from(count).unwrap_or(1));
        i16::try_from(first.wrapping_add(writer) % SHARDS).unwrap_or_default()
    })
}
