//! The ledger's handle: routes facts to the writer of their customer, and bounds the work that waits.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bug;
use crate::bug::Bug;
use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::policy::Policy;
use crate::ledger::command::{Command, Mode, PendingRecording, Recorded};
use crate::ledger::error::RecordError;
use crate::ledger::write::batch::WriterContext;
use crate::ledger::write::customer_cache::CustomerCache;
use crate::ledger::write::customer_state::fact_weight;
use crate::ledger::write::writer_task::{QueuedCommand, run_writer};
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenants::tenant;

/// Maximum number of writers on PostgreSQL.
const MAX_WRITERS: usize = 8;
/// Writers on SQLite, which allows one at a time; with one, the same requests give the same journal, numbers included.
const SQLITE_WRITERS: usize = 1;
/// Rows of a total. Each writer of a process adds to its own row, most likely also across processes.
const SHARDS: u32 = 16;
/// Capacity of one writer's queue. Beyond it single requests are refused and streams wait.
const QUEUE_CAPACITY: usize = 1_024;
/// Maximum weight of all waiting commands together, in KiB.
const MAX_QUEUED_KIB: u16 = 48 * 1_024;
/// Maximum weight of all cached customers together, in bytes.
const CACHE_BYTES: usize = 64 << 20;

/// Kind of work for which the writers are set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Single requests that come back to the same customers. Few writers, because larger batches make each request
    /// cheaper; customers used last stay in memory.
    Requests,
    /// Large batches with each customer once. One writer a core, because deciding is most of the work; no cache.
    Bulk,
}

/// Handle to the writer tasks of one tenant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    queues: Arc<[mpsc::Sender<QueuedCommand>]>,
    writer_count: NonZero<u64>,
    queue_memory: Arc<Semaphore>,
    stop: CancellationToken,
    committed: watch::Receiver<()>,
    /// For commands on all of the books, which run outside the writer tasks.
    pub(super) context: WriterContext,
    pub(super) clock: Clock,
    /// Held while every customer is replayed.
    pub(super) replaying: Arc<Mutex<()>>,
}

/// Memory for waiting commands and cached customers, shared by the ledgers of several tenants. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MemoryBudget {
    cache: CustomerCache,
    queue: Arc<Semaphore>,
}

impl MemoryBudget {
    #[must_use]
    pub fn new(workload: Workload) -> Self {
        let cache = CustomerCache::new(if workload == Workload::Requests { CACHE_BYTES } else { 0 });
        Self { cache, queue: Arc::new(Semaphore::new(MAX_QUEUED_KIB.into())) }
    }
}

/// Writer tasks of one ledger, to be awaited at the end.
#[derive(Debug)]
pub struct WriterTasks {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Ledger {
    /// Starts the writer tasks of one tenant on an open database.
    pub async fn start(
        db: Db,
        tenant_id: &TenantId,
        clock: Clock,
        workload: Workload,
    ) -> Result<(Self, WriterTasks), StoreError> {
        Self::start_within(&MemoryBudget::new(workload), db, tenant_id, clock, workload).await
    }

    /// Starts the writer tasks of one tenant, with memory shared with the ledgers of other tenants.
    pub async fn start_within(
        memory: &MemoryBudget,
        db: Db,
        tenant_id: &TenantId,
        clock: Clock,
        workload: Workload,
    ) -> Result<(Self, WriterTasks), StoreError> {
        let mut tx = db.write().await?;
        tenant::ensure(&mut tx, tenant_id, Policy::default(), clock.now()).await?;
        tx.commit().await?;
        let count = writer_count(&db, workload);
        let stop = CancellationToken::new();
        let (notify_committed, committed) = watch::channel(());
        let notify_committed = Arc::new(notify_committed);
        let (mut queues, mut tasks) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let cache = memory.cache.for_tenant(tenant_id);
        let context = WriterContext { db, tenant_id: tenant_id.clone(), cache, shard: 0 };
        for shard in shards(std::process::id(), count)? {
            let (sender, queue) = mpsc::channel(QUEUE_CAPACITY);
            let context = WriterContext { shard, ..context.clone() };
            let writer = run_writer(context, clock.clone(), queue, stop.clone(), Arc::clone(&notify_committed));
            tasks.push(tokio::spawn(writer));
            queues.push(sender);
        }
        let writer_count = u64::try_from(queues.len()).ok().and_then(NonZero::new);
        let ledger = Self {
            queues: queues.into(),
            writer_count: writer_count.ok_or_else(|| bug!("a ledger with {count} writers"))?,
            queue_memory: Arc::clone(&memory.queue),
            stop: stop.clone(),
            committed,
            context,
            clock,
            replaying: Arc::default(),
        };
        Ok((ledger, WriterTasks { stop, tasks }))
    }

    /// Records facts, or previews them. A command that a writer has begun is recorded even if the caller goes away; one
    /// that still waits is dropped.
    pub async fn record(&self, facts: Vec<Fact>, mode: Mode, actor: &Actor) -> Result<Recorded, RecordError> {
        if mode == Mode::Lenient {
            return self.submit(facts, actor).await?.finish().await;
        }
        // All or nothing is one transaction of one writer, that of the first customer. If another writer has a customer
        // of the request in its cache, the version on the customer's row reveals it.
        let queue = match facts.first() {
            Some(fact) => self.queue_of(fact.customer_id())?,
            None => self.queues.first().ok_or_else(|| bug!("a ledger without writers"))?,
        };
        let memory = Arc::clone(&self.queue_memory).try_acquire_many_owned(weight(&facts));
        let memory = memory.map_err(|_| RecordError::Overloaded)?;
        let (reply, receiver) = oneshot::channel();
        let command = Command { facts, mode, replay: None, actor: actor.clone() };
        queue.try_send(QueuedCommand { command, reply, memory }).map_err(|error| match error {
            TrySendError::Full(_) => RecordError::Overloaded,
            TrySendError::Closed(_) => RecordError::ShuttingDown,
        })?;
        receiver.await.map_err(|_| RecordError::ShuttingDown)?
    }

    /// Hands facts to the writers of their customers, to be recorded leniently. Waits until there is memory for them,
    /// which slows the sender down. Facts of one customer are recorded in the order in which they are submitted.
    pub async fn submit(&self, facts: Vec<Fact>, actor: &Actor) -> Result<PendingRecording, RecordError> {
        let mut pending = PendingRecording::of_facts(facts.len());
        let mut parts: Vec<(Vec<usize>, Vec<Fact>)> = self.queues.iter().map(|_| (Vec::new(), Vec::new())).collect();
        for (index, fact) in facts.into_iter().enumerate() {
            let writer = self.writer_of(fact.customer_id())?;
            let (indices, facts) = parts.get_mut(writer).ok_or_else(|| bug!("no writer {writer}"))?;
            indices.push(index);
            facts.push(fact);
        }
        for ((indices, facts), queue) in parts.into_iter().zip(self.queues.iter()) {
            if facts.is_empty() {
                continue;
            }
            let memory = self.wait_for_memory(weight(&facts)).await?;
            let (reply, receiver) = oneshot::channel();
            let command = Command { facts, mode: Mode::Lenient, replay: None, actor: actor.clone() };
            let queued = QueuedCommand { command, reply, memory };
            queue.send(queued).await.map_err(|_| RecordError::ShuttingDown)?;
            pending.add_part(indices, receiver);
        }
        Ok(pending)
    }

    /// Replays a customer: writes events that have become due, and posts what the current policy gives. Waits until
    /// there is memory for the command.
    pub async fn replay_customer(&self, customer_id: CustomerId) -> Result<Recorded, RecordError> {
        let queue = self.queue_of(&customer_id)?;
        let memory = self.wait_for_memory(1).await?;
        let (reply, receiver) = oneshot::channel();
        let actor = Actor::service();
        let command = Command { facts: Vec::new(), mode: Mode::Lenient, replay: Some(customer_id), actor };
        let queued = QueuedCommand { command, reply, memory };
        queue.send(queued).await.map_err(|_| RecordError::ShuttingDown)?;
        receiver.await.map_err(|_| RecordError::ShuttingDown)?
    }

    async fn wait_for_memory(&self, kib: u32) -> Result<OwnedSemaphorePermit, RecordError> {
        Arc::clone(&self.queue_memory).acquire_many_owned(kib).await.map_err(|_| RecordError::ShuttingDown)
    }

    fn queue_of(&self, customer_id: &CustomerId) -> Result<&mpsc::Sender<QueuedCommand>, Bug> {
        let writer = self.writer_of(customer_id)?;
        self.queues.get(writer).ok_or_else(|| bug!("no writer {writer}"))
    }

    /// Index of the writer of a customer.
    fn writer_of(&self, customer_id: &CustomerId) -> Result<usize, Bug> {
        let mut hasher = DefaultHasher::new();
        customer_id.hash(&mut hasher);
        let writer = hasher.finish() % self.writer_count;
        usize::try_from(writer).map_err(|_| bug!("writer {writer} is beyond every index"))
    }

    /// Receiver that changes whenever a batch of this process may have been committed.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<()> {
        self.committed.clone()
    }

    /// Closes the queues; commands that were accepted are still recorded.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl WriterTasks {
    /// Closes the queues and waits until every accepted command is recorded.
    pub async fn finish(self) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a writer task of the ledger panicked");
            }
        }
    }
}

fn writer_count(db: &Db, workload: Workload) -> usize {
    match db {
        Db::Sqlite { .. } => SQLITE_WRITERS,
        Db::Postgres { .. } => {
            let cores = available_parallelism().map_or(1, NonZero::get);
            (if workload == Workload::Requests { cores / 2 } else { cores }).clamp(1, MAX_WRITERS)
        }
    }
}

/// Weight of facts in KiB: at least 1, at most the whole budget.
fn weight(facts: &[Fact]) -> u32 {
    let (bytes, most): (usize, u32) = (facts.iter().map(fact_weight).sum(), MAX_QUEUED_KIB.into());
    u32::try_from(bytes >> 10).map_or(most, |kib| kib.clamp(1, most))
}

/// Rows of totals for the writers of a process: side by side, from a row that differs by process.
fn shards(process: u32, count: usize) -> Result<Vec<i16>, Bug> {
    let writers = u32::try_from(count).map_err(|_| bug!("a ledger with {count} writers"))?;
    let first = process.wrapping_mul(writers);
    let shard = |writer: u32| {
        let shard = first.wrapping_add(writer) % SHARDS;
        i16::try_from(shard).map_err(|_| bug!("shard {shard} is beyond every row of totals"))
    };
    (0..writers).map(shard).collect()
}
