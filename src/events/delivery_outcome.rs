//! What became of the events of a batch, and what is to be noted of it.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::ids::CustomerId;
use crate::domain::journal::entry::Sequence;
use crate::events::backoff;
use crate::events::sink::Outcome;
use crate::events::sink_worker::{Round, SinkWorker, Turn};
use crate::store::error::StoreError;
use crate::store::events::delivery::{self, Delivery};
use crate::store::events::kissmetrics::Wanted;
use crate::store::events::sink::{self, Progress};

/// An event that fails for so long is given up.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(80);
/// How often it is tried to note what was delivered, when the database fails.
const NOTE_ATTEMPTS: u32 = 60;
const NOTE_PAUSE: Duration = Duration::from_secs(1);
/// When nothing is taken and so many customers' events fail for the first time, it is the sink that fails.
const MANY_FAILING: usize = 3;

/// An event to try, as it waits apart or as it comes from the outbox.
#[derive(Debug)]
pub(super) struct Try {
    pub delivery: Delivery,
    /// Whether it waits apart already.
    pub is_apart: bool,
    pub envelope: Envelope,
}

/// What is to be noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// To be put aside, or tried once more.
    pub apart: Vec<Delivery>,
    /// Not apart any more.
    pub done: Vec<Sequence>,
    pub delivered: usize,
    /// Whether an event failed, be it once more.
    pub has_failed: bool,
    /// The customers whose events failed for the first time.
    pub failing: BTreeSet<CustomerId>,
    pub retry_after: Option<Duration>,
    pub disabled: Option<String>,
}

impl Try {
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            sequence: self.delivery.sequence,
            identity: &self.envelope.identity,
            second: self.envelope.timestamp.timestamp(),
        }
    }
}

impl Notes {
    pub fn add(&mut self, Try { mut delivery, is_apart, .. }: Try, outcome: Outcome, now: DateTime<Utc>) {
        match outcome {
            Outcome::Delivered => {
                self.delivered = self.delivered.saturating_add(1);
                if is_apart {
                    self.done.push(delivery.sequence);
                }
                return;
            }
            Outcome::Held if is_apart => return,
            Outcome::Held => {}
            Outcome::Failed { reason, retry_after } => {
                self.has_failed = true;
                if delivery.attempts == 0 {
                    self.failing.insert(delivery.customer_id.clone());
                }
                self.retry_after = self.retry_after.max(retry_after);
                delivery.attempt(now, reason);
                let first = delivery.first_tried_at.unwrap_or(now);
                delivery.is_dead = now.signed_duration_since(first) > GIVE_UP_AFTER;
                let wait = backoff::before_retry(delivery.attempts, delivery.sequence);
                delivery.next_at = later(now, wait.max(retry_after.unwrap_or_default()));
            }
            Outcome::Refused { reason } => {
                // Whoever refuses one event may well take others.
                delivery.attempt(now, reason);
                delivery.is_dead = true;
            }
            Outcome::Disabled { reason } => self.disabled = Some(reason),
        }
        self.apart.push(delivery);
    }
}

impl SinkWorker {
    /// What is not noted is sent again: so it is tried for a while.
    pub(super) async fn note_surely(
        &self,
        turn: &mut Turn,
        notes: &Notes,
        position: Sequence,
        now: DateTime<Utc>,
    ) -> Result<Round, StoreError> {
        let mut attempts = 0;
        loop {
            match self.note(turn, notes, position, now).await {
                Err(error) if attempts < NOTE_ATTEMPTS => {
                    tracing::warn!(sink = self.name, %error, "what was delivered could not be noted yet");
                    attempts += 1;
                    tokio::time::sleep(NOTE_PAUSE).await;
                }
                noted => return noted,
            }
        }
    }

    async fn note(
        &self,
        turn: &mut Turn,
        notes: &Notes,
        position: Sequence,
        now: DateTime<Utc>,
    ) -> Result<Round, StoreError> {
        let mut progress = Progress { position, ..turn.progress.clone() };
        // Before a restart nobody knows when it began.
        let since = turn.failing_since.unwrap_or(DateTime::UNIX_EPOCH);
        let has_recovered = notes.delivered > 0 && progress.failures > 0;
        if notes.delivered > 0 {
            (progress.failures, progress.paused_until, progress.delivered_at) = (0, None, Some(now));
            turn.failing.clear();
            turn.failing_since = None;
        } else if notes.has_failed {
            // What fails again and again may be its own fault: it says nothing of the sink.
            turn.failing.extend(notes.failing.iter().cloned());
            turn.failing_since = turn.failing_since.or(Some(now));
            if progress.failures > 0 || turn.failing.len() >= MANY_FAILING {
                progress.failures = progress.failures.saturating_add(1);
                progress.paused_until = Some(later(now, backoff::pause(progress.failures, position)));
            }
        }
        // One that asks to be left alone for a while speaks for the sink only when the sink takes nothing.
        if let Some(retry_after) = notes.retry_after.filter(|_| progress.failures > 0) {
            progress.paused_until = progress.paused_until.max(Some(later(now, retry_after)));
        }
        progress.disabled.clone_from(&notes.disabled);
        if progress == turn.progress && notes.apart.is_empty() && notes.done.is_empty() {
            return Ok(Round::Idle);
        }
        let mut tx = self.db.write().await?;
        let (tenant_id, name) = (&self.tenant_id, self.name.as_str());
        if !sink::note(&mut tx, tenant_id, name, turn.generation, &progress).await? {
            tx.rollback().await?;
            return Ok(Round::Lost);
        }
        delivery::remove(&mut tx, tenant_id, name, &notes.done).await?;
        delivery::put(&mut tx, tenant_id, name, &notes.apart).await?;
        if has_recovered {
            delivery::hurry(&mut tx, tenant_id, name, since, now).await?;
        }
        tx.commit().await?;
        turn.progress = progress;
        Ok(Round::Worked)
    }
}

impl Delivery {
    fn attempt(&mut self, now: DateTime<Utc>, reason: String) {
        self.attempts = self.attempts.saturating_add(1);
        self.first_tried_at = self.first_tried_at.or(Some(now));
        self.reason = reason;
    }
}

pub(super) fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
    now.checked_add_signed(wait).unwrap_or(now)
}
