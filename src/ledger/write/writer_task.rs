//! The tasks that write. Each has its own customers, takes what is waiting for it, and records it in one transaction:
//! at once when it is idle, together with what came meanwhile when it is not.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ledger::command::{Recorded, Request};
use crate::ledger::error::RecordError;
use crate::ledger::write::batch::{Desk, Results};

/// The most requests in a batch.
const MAX_REQUESTS: usize = 512;
/// A batch takes no more requests once it has so many facts. The larger, the more of its entries share a total.
const MAX_FACTS: usize = 10_000;

/// A request, and who waits for its answer.
#[derive(Debug)]
pub(in crate::ledger) struct Job {
    pub request: Request,
    pub answer: oneshot::Sender<Result<Recorded, RecordError>>,
    /// Its share of the memory for what is waiting.
    pub room: OwnedSemaphorePermit,
}

/// Writes until the queue is closed and empty. `committed` is told of each batch.
pub(in crate::ledger) async fn write_all(
    desk: Desk,
    clock: Clock,
    mut queue: mpsc::Receiver<Job>,
    stop: CancellationToken,
    committed: Arc<watch::Sender<()>>,
) {
    loop {
        let first = tokio::select! {
            biased;
            // Closed, the queue still gives what is in it.
            () = stop.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
            job = queue.recv() => job,
        };
        let Some(first) = first else { break };
        let batch = waiting(first, &mut queue);
        if !batch.is_empty() {
            record(&desk, batch, &clock).await;
            committed.send_replace(());
        }
    }
}

/// What is waiting, bounded; but not what nobody waits for any more: it is cancelled, or its deadline has passed.
fn waiting(first: Job, queue: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut batch = Vec::new();
    let mut facts = 0_usize;
    let mut next = Some(first);
    while let Some(job) = next {
        if !job.answer.is_closed() {
            facts = facts.saturating_add(job.request.facts.len());
            batch.push(job);
        }
        next = if batch.len() < MAX_REQUESTS && facts < MAX_FACTS { queue.try_recv().ok() } else { None };
    }
    batch
}

/// Records a batch and answers. What fails together is tried again one by one, so that only the one fails whose fault
/// it is.
async fn record(desk: &Desk, batch: Vec<Job>, clock: &Clock) {
    let (requests, waiting): (Vec<Request>, Vec<_>) =
        batch.into_iter().map(|job| (job.request, (job.answer, job.room))).unzip();
    let requests = Arc::new(requests);
    let together = record_in_task(desk, Arc::clone(&requests), clock).await;
    let results = match (together, Arc::try_unwrap(requests)) {
        (Ok(results), _) => results,
        (Err(error), Ok(requests)) if requests.len() > 1 && !is_nobodys_fault(&error) => {
            let mut results = Vec::with_capacity(requests.len());
            for request in requests {
                let alone = record_in_task(desk, Arc::new(vec![request]), clock).await;
                let of_one = |mut results: Results| results.pop().unwrap_or(Err(RecordError::Failed));
                results.push(alone.and_then(of_one));
            }
            results
        }
        (Err(error), _) => waiting.iter().map(|_| Err(error.clone())).collect(),
    };
    for ((answer, _room), result) in waiting.into_iter().zip(results) {
        // Nobody waits any more: the facts are recorded all the same.
        let _nobody_waits = answer.send(result);
    }
}

fn is_nobodys_fault(error: &RecordError) -> bool {
    matches!(error, RecordError::Store(error) if error.is_away())
}

/// In a task of its own, so that a defect in one request cannot end the writer.
async fn record_in_task(desk: &Desk, requests: Arc<Vec<Request>>, clock: &Clock) -> Result<Results, RecordError> {
    let (desk, clock) = (desk.clone(), clock.clone());
    let work = tokio::spawn(async move { desk.record(&requests, &clock).await });
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "recording panicked");
        Err(RecordError::Failed)
    })
}
