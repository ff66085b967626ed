//! The relay: the tasks of a process that deliver events. Each sink has its own task, so that a slow or dead sink never
//! delays another; one task writes due events to the outbox, one prunes it. Several processes can run a relay and take
//! turns.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::changed_or_elapsed;
use crate::events::due_scheduler::DueScheduler;
use crate::events::outbox_pruning::OutboxPruning;
use crate::events::sink_worker::{Lease, Round, SinkWorker};
use crate::store::error::StoreError;

/// Interval of polls for events of other processes, and for the lease of a sink.
const POLL: Duration = Duration::from_millis(200);
/// Interval of polls for due events while no sink of this process waits for them.
const IDLE_POLL: Duration = Duration::from_secs(5);
/// Shortest time between two rounds of a sink.
const MIN_INTERVAL: Duration = Duration::from_millis(20);
/// Interval of polls whether a disabled sink was enabled.
const DISABLED_POLL: Duration = Duration::from_secs(5);
/// Time that running deliveries have to finish at shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(16);
/// Interval of prunings, and of polls whether one is due.
const PRUNE_INTERVAL: TimeDelta = TimeDelta::hours(1);
const PRUNE_POLL: Duration = Duration::from_secs(1);
/// Reason for which a sink was not drained.
const SERVED_ELSEWHERE: &str = "is served by another process";
/// Pause after a failure of the database.
const ERROR_PAUSE: Duration = Duration::from_secs(1);

/// The tasks of a relay, to be awaited at the end.
#[derive(Debug)]
pub struct Relay {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Starts the tasks. `committed` changes when this process may have written to the outbox. A process without sinks
    /// prunes nothing: retention is a setting of the processes that deliver.
    #[must_use]
    pub fn start(
        workers: Vec<SinkWorker>,
        scheduler: DueScheduler,
        pruning: OutboxPruning,
        committed: watch::Receiver<()>,
    ) -> Self {
        let stop = CancellationToken::new();
        let serve = |worker| tokio::spawn(serve_sink(worker, committed.clone(), stop.clone()));
        let mut tasks: Vec<JoinHandle<()>> = workers.into_iter().map(serve).collect();
        let mut poll = IDLE_POLL;
        if !tasks.is_empty() {
            poll = POLL;
            tasks.push(tokio::spawn(prune_outbox(pruning, stop.clone())));
        }
        tasks.push(tokio::spawn(schedule_due_events(scheduler, poll, stop.clone())));
        Self { stop, tasks }
    }

    /// Starts no new delivery, finishes those that run, and ends. Events that a sink does not answer in time may be sent
    /// again.
    pub async fn finish(self) {
        self.stop.cancel();
        let end = Instant::now() + SHUTDOWN_GRACE;
        for mut task in self.tasks {
            match timeout_at(end, &mut task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a task of the relay panicked"),
                Err(_) => task.abort(),
            }
        }
    }
}

/// Delivers every event that is due now, as far as the sinks take them, or until `stop`; returns the names of the sinks
/// that have not got everything, each with the reason.
///
/// # Errors
/// A failure of the database.
pub async fn drain(
    workers: Vec<SinkWorker>,
    scheduler: &DueScheduler,
    stop: CancellationToken,
) -> Result<Vec<(String, &'static str)>, StoreError> {
    scheduler.write_due_events().await?;
    let mut drains = JoinSet::new();
    for worker in workers {
        let stop = stop.clone();
        drains.spawn(async move {
            let Some(mut lease) = worker.acquire_lease().await? else {
                return Ok(Some((worker.name, SERVED_ELSEWHERE)));
            };
            let drained = drain_sink(&worker, &mut lease, &stop).await;
            lease.release().await;
            Ok::<_, StoreError>(drained?.map(|reason| (worker.name, reason)))
        });
    }
    let mut incomplete = Vec::new();
    for drained in drains.join_all().await {
        incomplete.extend(drained?);
    }
    Ok(incomplete)
}

/// Delivers everything to one sink; returns the reason if something is left.
async fn drain_sink(
    worker: &SinkWorker,
    lease: &mut Lease,
    stop: &CancellationToken,
) -> Result<Option<&'static str>, StoreError> {
    // Stops only between rounds, because a round stores what it has delivered.
    while !stop.is_cancelled() {
        return Ok(match worker.deliver_batch(lease).await? {
            Round::Worked => continue,
            Round::Idle if worker.has_waiting().await? => Some("has not taken everything"),
            Round::Idle => None,
            Round::Paused(_) => Some("takes nothing now"),
            Round::Disabled => Some("is disabled"),
            Round::Lost => Some(SERVED_ELSEWHERE),
        });
    }
    Ok(Some("was not finished"))
}

async fn serve_sink(worker: SinkWorker, mut committed: watch::Receiver<()>, stop: CancellationToken) {
    let mut lease: Option<Lease> = None;
    while !stop.is_cancelled() {
        committed.mark_unchanged();
        let wait = match run_round(&worker, &mut lease).await {
            Ok(Round::Worked) => continue,
            Ok(Round::Idle) => MIN_INTERVAL,
            // A pause is polled, because the clock can be set.
            Ok(Round::Paused(_) | Round::Lost) => POLL,
            Ok(Round::Disabled) => DISABLED_POLL,
            Err(error) => {
                tracing::warn!(sink = worker.name, %error, "sink could not be served; trying again");
                lease = None;
                ERROR_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = async {
                tokio::time::sleep(wait).await;
                changed_or_elapsed(&mut committed, POLL).await;
            } => {}
        }
    }
    if let Some(lease) = lease {
        lease.release().await;
    }
}

async fn run_round(worker: &SinkWorker, lease: &mut Option<Lease>) -> Result<Round, StoreError> {
    if lease.is_none() {
        *lease = worker.acquire_lease().await?;
    }
    let Some(current) = lease else { return Ok(Round::Lost) };
    let round = worker.deliver_batch(current).await?;
    if matches!(round, Round::Lost | Round::Disabled) {
        // Enabling a sink ends the lease on it: the next one reads its state again.
        *lease = None;
    }
    Ok(round)
}

async fn schedule_due_events(scheduler: DueScheduler, poll: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match scheduler.write_due_events().await {
            Ok(()) => poll,
            Err(error) => {
                tracing::warn!(tenant_id = %scheduler.tenant_id, %error, "due events could not be read; trying again");
                ERROR_PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn prune_outbox(mut pruning: OutboxPruning, stop: CancellationToken) {
    let mut next = None;
    while !stop.is_cancelled() {
        let now = pruning.clock.now();
        if next.is_none_or(|next| now >= next) {
            next = now.checked_add_signed(PRUNE_INTERVAL);
            match pruning.prune().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(tenant_id = %pruning.tenant_id, count, "pruned events from the outbox"),
                Err(error) => tracing::warn!(tenant_id = %pruning.tenant_id, %error, "outbox could not be pruned"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PRUNE_POLL) => {}
        }
    }
}
