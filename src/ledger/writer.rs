//! The task that writes, and the handle that everybody else has.

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::error::RecordError;
use super::record::{Mode, Recorded, record};
use crate::clock::Clock;
use crate::domain::fact::Fact;
use crate::domain::ids::TenantId;
use crate::domain::policy::Policy;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::tenant;

/// Requests that may wait for the writer; more are refused, but for batches, which wait before the queue.
const QUEUE: usize = 1_024;

/// A request to record facts.
struct Job {
    tenant_id: TenantId,
    facts: Vec<Fact>,
    mode: Mode,
    answer: oneshot::Sender<Result<Recorded, RecordError>>,
}

/// Records facts, through the task that writes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    jobs: mpsc::Sender<Job>,
    stop: CancellationToken,
}

/// The task that writes; to be waited for at the end.
#[derive(Debug)]
pub struct Writer {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Ledger {
    /// Starts the task that writes, on an open database, for one tenant.
    pub async fn start(db: Db, tenant_id: &TenantId, clock: Clock) -> Result<(Self, Writer), StoreError> {
        let mut tx = db.write().await?;
        tenant::ensure(&mut tx, tenant_id, Policy::default(), clock.now()).await?;
        tx.commit().await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let task = tokio::spawn(write_all(db, clock, queue, stop.clone()));
        Ok((Self { jobs, stop: stop.clone() }, Writer { stop, task }))
    }

    /// Records facts, or says what they would mean. Once accepted, they are recorded even if nobody waits for the
    /// answer.
    pub async fn record(&self, tenant_id: &TenantId, facts: Vec<Fact>, mode: Mode) -> Result<Recorded, RecordError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { tenant_id: tenant_id.clone(), facts, mode, answer };
        match mode {
            // A stream or an import waits for its turn: that is what slows its sender down.
            Mode::Lenient => self.jobs.send(job).await.map_err(|_| RecordError::ShuttingDown)?,
            Mode::Strict | Mode::Preview => self.jobs.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => RecordError::Overloaded,
                TrySendError::Closed(_) => RecordError::ShuttingDown,
            })?,
        }
        answered.await.map_err(|_| RecordError::ShuttingDown)?
    }

    /// Accepts nothing more; what was accepted is still recorded.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Writer {
    /// Accepts nothing more, finishes what was accepted, and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the writer ended badly");
        }
    }
}

async fn write_all(db: Db, clock: Clock, mut queue: mpsc::Receiver<Job>, stop: CancellationToken) {
    loop {
        let job = tokio::select! {
            biased;
            // Closed, the queue still gives what is in it.
            () = stop.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
            job = queue.recv() => job,
        };
        let Some(Job { tenant_id, facts, mode, answer }) = job else { break };
        let (db, now) = (db.clone(), clock.now());
        // In a task of its own, so that a defect in one request cannot end the writer.
        let work = tokio::spawn(async move { record(&db, &tenant_id, &facts, mode, now).await });
        let outcome = work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "recording panicked");
            Err(RecordError::Failed)
        });
        // Nobody waits any more: the facts are recorded all the same.
        let _nobody_waits = answer.send(outcome);
    }
}
