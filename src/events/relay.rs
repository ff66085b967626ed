//! The relay: a task for each sink, so that one that is slow or dead never delays another, and one that finds out which
//! events have become due, and one that ends the keeping of old ones. Several processes may run one; they take turns.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::clock::told_or_after;
use crate::events::due_scheduler::Reminder;
use crate::events::outbox_pruning::Retention;
use crate::events::sink_worker::{Round, SinkWorker, Turn};
use crate::store::error::StoreError;

/// How often to look for what other processes have committed, or whether it is one's turn.
const POLL: Duration = Duration::from_millis(200);
/// How often to look which events are due that no sink of this process waits for.
const IDLE_POLL: Duration = Duration::from_secs(5);
/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// Before it is looked again whether a sink wants events after all.
const DISABLED: Duration = Duration::from_secs(5);
/// What is on its way at the end has so long to arrive.
const GRACE: Duration = Duration::from_secs(16);
/// How often events that need not be kept any more are looked for, and how often whether it is time to.
const RETENTION: TimeDelta = TimeDelta::hours(1);
const RETENTION_POLL: Duration = Duration::from_secs(1);
/// Of a sink.
const OTHERS: &str = "is served by another process";
/// After a failure of the database.
const RECOVERY: Duration = Duration::from_secs(1);

/// The tasks; to be waited for at the end.
#[derive(Debug)]
pub struct Relay {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Starts to deliver. `committed` is told when this process may have written to the outbox. How long events are kept
    /// is decided by those who deliver them: a process without sinks prunes nothing.
    #[must_use]
    pub fn start(
        couriers: Vec<SinkWorker>,
        reminder: Reminder,
        retention: Retention,
        committed: watch::Receiver<()>,
    ) -> Self {
        let stop = CancellationToken::new();
        let serve = |courier| tokio::spawn(serve(courier, committed.clone(), stop.clone()));
        let mut tasks: Vec<JoinHandle<()>> = couriers.into_iter().map(serve).collect();
        let mut wait = IDLE_POLL;
        if !tasks.is_empty() {
            wait = POLL;
            tasks.push(tokio::spawn(prune(retention, stop.clone())));
        }
        tasks.push(tokio::spawn(remind(reminder, wait, stop.clone())));
        Self { stop, tasks }
    }

    /// Begins nothing more, finishes what was begun, and ends. What a sink does not answer in time may come again.
    pub async fn finish(self) {
        self.stop.cancel();
        let end = Instant::now() + GRACE;
        for mut task in self.tasks {
            match timeout_at(end, &mut task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a part of the relay ended badly"),
                Err(_) => task.abort(),
            }
        }
    }
}

/// Delivers everything that is due now, as far as the sinks take it, or until `stop`; gives the names of the sinks that
/// have not had everything, each with the reason.
///
/// # Errors
/// When the database fails.
pub async fn drain(
    couriers: Vec<SinkWorker>,
    reminder: &Reminder,
    stop: CancellationToken,
) -> Result<Vec<(String, &'static str)>, StoreError> {
    reminder.remind_all().await?;
    let mut turns = JoinSet::new();
    for courier in couriers {
        let stop = stop.clone();
        turns.spawn(async move {
            let Some(mut turn) = courier.take_turn().await? else { return Ok(Some((courier.name, OTHERS))) };
            let drained = drain_one(&courier, &mut turn, &stop).await;
            turn.end().await;
            Ok::<_, StoreError>(drained?.map(|reason| (courier.name, reason)))
        });
    }
    let mut left = Vec::new();
    for of_one in turns.join_all().await {
        left.extend(of_one?);
    }
    Ok(left)
}

/// Why not everything was delivered; None: it was.
async fn drain_one(
    courier: &SinkWorker,
    turn: &mut Turn,
    stop: &CancellationToken,
) -> Result<Option<&'static str>, StoreError> {
    // Between rounds: what is delivered is to be noted.
    while !stop.is_cancelled() {
        return Ok(match courier.round(turn).await? {
            Round::Worked => continue,
            Round::Idle if courier.has_waiting().await? => Some("has not taken everything"),
            Round::Idle => None,
            Round::Paused(_) => Some("takes nothing now"),
            Round::Disabled => Some("is disabled"),
            Round::Lost => Some(OTHERS),
        });
    }
    Ok(Some("was not finished"))
}

async fn serve(courier: SinkWorker, mut committed: watch::Receiver<()>, stop: CancellationToken) {
    let mut turn: Option<Turn> = None;
    while !stop.is_cancelled() {
        committed.mark_unchanged();
        let wait = match round(&courier, &mut turn).await {
            Ok(Round::Worked) => continue,
            Ok(Round::Idle) => PAUSE,
            // The clock is looked at again before the time: it can be set.
            Ok(Round::Paused(_) | Round::Lost) => POLL,
            Ok(Round::Disabled) => DISABLED,
            Err(error) => {
                tracing::warn!(sink = courier.name, %error, "a sink could not be served");
                turn = None;
                RECOVERY
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = async {
                tokio::time::sleep(wait).await;
                told_or_after(&mut committed, POLL).await;
            } => {}
        }
    }
    if let Some(turn) = turn {
        turn.end().await;
    }
}

async fn round(courier: &SinkWorker, turn: &mut Option<Turn>) -> Result<Round, StoreError> {
    if turn.is_none() {
        *turn = courier.take_turn().await?;
    }
    let Some(current) = turn else { return Ok(Round::Lost) };
    let round = courier.round(current).await?;
    if matches!(round, Round::Lost | Round::Disabled) {
        // Somebody may enable it, which ends the turn too.
        *turn = None;
    }
    Ok(round)
}

async fn remind(reminder: Reminder, poll: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match reminder.remind_all().await {
            Ok(()) => poll,
            Err(error) => {
                tracing::warn!(%error, "it could not be found out which events are due");
                RECOVERY
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn prune(mut retention: Retention, stop: CancellationToken) {
    let mut next = None;
    while !stop.is_cancelled() {
        let now = retention.clock.now();
        if next.is_none_or(|next| now >= next) {
            next = now.checked_add_signed(RETENTION);
            match retention.prune().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "events are no longer kept"),
                Err(error) => tracing::warn!(%error, "old events could not be let go"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RETENTION_POLL) => {}
        }
    }
}
