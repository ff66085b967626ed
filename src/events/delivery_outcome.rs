//! Outcome of a batch of deliveries: progress of the sink, events to retry, dead letters.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::ids::CustomerId;
use crate::domain::journal::entry::Sequence;
use crate::events::backoff;
use crate::events::sink::DeliveryOutcome;
use crate::events::sink_worker::{Lease, Round, SinkWorker};
use crate::store::error::StoreError;
use crate::store::events::delivery::{self, Delivery};
use crate::store::events::kissmetrics::EventSecond;
use crate::store::events::sink::{self, Progress};

/// Time after the first attempt at which an event that still fails becomes a dead letter.
const DEAD_LETTER_AFTER: TimeDelta = TimeDelta::hours(80);
/// Attempts at storing an outcome while the database fails.
const STORE_ATTEMPTS: u32 = 60;
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Number of customers whose events fail for the first time, with none delivered, at which the sink itself counts as
/// failing.
const MANY_FAILING: usize = 3;

/// An event to deliver: a new one from the outbox, or one that failed before and waits apart.
#[derive(Debug)]
pub(super) struct Attempt {
    pub delivery: Delivery,
    /// True if the event already waits apart.
    pub is_apart: bool,
    pub envelope: Envelope,
}

/// Outcome of a batch, to be stored.
#[derive(Debug, Default)]
pub(super) struct BatchOutcome {
    /// Deliveries to put apart, or to update there.
    pub apart: Vec<Delivery>,
    /// Events that no longer wait apart.
    pub done: Vec<Sequence>,
    pub delivered: usize,
    /// True if any event failed, for the first time or again.
    pub has_failed: bool,
    /// Customers whose events failed for the first time.
    pub failing: BTreeSet<CustomerId>,
    pub retry_after: Option<Duration>,
    pub disabled: Option<String>,
}

impl Attempt {
    pub fn wanted(&self) -> EventSecond<'_> {
        EventSecond {
            sequence: self.delivery.sequence,
            identity: &self.envelope.identity,
            second: self.envelope.timestamp.timestamp(),
        }
    }
}

impl BatchOutcome {
    /// Adds the outcome of one attempt.
    pub fn add(&mut self, attempt: Attempt, outcome: DeliveryOutcome, now: DateTime<Utc>) {
        let Attempt { mut delivery, is_apart, .. } = attempt;
        match outcome {
            DeliveryOutcome::Delivered => {
                self.delivered += 1;
                if is_apart {
                    self.done.push(delivery.sequence);
                }
                return;
            }
            DeliveryOutcome::Held if is_apart => return,
            DeliveryOutcome::Held => {}
            DeliveryOutcome::Failed { reason, retry_after } => {
                self.has_failed = true;
                if delivery.attempts == 0 {
                    self.failing.insert(delivery.customer_id.clone());
                }
                self.retry_after = self.retry_after.max(retry_after);
                delivery.count_attempt(now, reason);
                let first = delivery.first_tried_at.unwrap_or(now);
                delivery.is_dead = now.signed_duration_since(first) > DEAD_LETTER_AFTER;
                let delay = backoff::retry_delay(delivery.attempts, delivery.sequence);
                delivery.next_at = instant_after(now, retry_after.map_or(delay, |least| delay.max(least)));
            }
            DeliveryOutcome::Refused { reason } => {
                // The sink may well take other events.
                delivery.count_attempt(now, reason);
                delivery.is_dead = true;
            }
            DeliveryOutcome::Disabled { reason } => self.disabled = Some(reason),
        }
        self.apart.push(delivery);
    }
}

impl SinkWorker {
    /// Stores the outcome of a batch, and retries for a minute if the database fails: events without a stored outcome are
    /// delivered again.
    pub(super) async fn store_outcome(
        &self,
        lease: &mut Lease,
        outcome: &BatchOutcome,
        position: Sequence,
        now: DateTime<Utc>,
    ) -> Result<Round, StoreError> {
        let mut attempts = 0;
        loop {
            match self.try_store_outcome(lease, outcome, position, now).await {
                Err(error) if attempts < STORE_ATTEMPTS => {
                    tracing::warn!(sink = self.name, %error, "outcome of deliveries could not be stored; trying again");
                    attempts += 1;
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                stored => return stored,
            }
        }
    }

    async fn try_store_outcome(
        &self,
        lease: &mut Lease,
        outcome: &BatchOutcome,
        position: Sequence,
        now: DateTime<Utc>,
    ) -> Result<Round, StoreError> {
        // After a restart the beginning of the failures is unknown.
        let since = lease.failing_since.unwrap_or(DateTime::UNIX_EPOCH);
        let has_recovered = outcome.delivered > 0 && lease.progress.failures > 0;
        let progress = lease.progress_after(outcome, position, now);
        if progress == lease.progress && outcome.apart.is_empty() && outcome.done.is_empty() {
            return Ok(Round::Idle);
        }
        let mut tx = self.db.write().await?;
        let (tenant_id, name) = (&self.tenant_id, self.name.as_str());
        if !sink::note(&mut tx, tenant_id, name, lease.generation, &progress).await? {
            tx.rollback().await?;
            return Ok(Round::Lost);
        }
        delivery::remove(&mut tx, tenant_id, name, &outcome.done).await?;
        delivery::put(&mut tx, tenant_id, name, &outcome.apart).await?;
        if has_recovered {
            delivery::hurry(&mut tx, tenant_id, name, since, now).await?;
        }
        tx.commit().await?;
        lease.progress = progress;
        Ok(Round::Worked)
    }
}

impl Lease {
    /// Progress of the sink after a batch; also updates which customers are failing.
    fn progress_after(&mut self, outcome: &BatchOutcome, position: Sequence, now: DateTime<Utc>) -> Progress {
        let mut progress = Progress { position, ..self.progress.clone() };
        if outcome.delivered > 0 {
            (progress.failures, progress.paused_until, progress.delivered_at) = (0, None, Some(now));
            self.failing.clear();
            self.failing_since = None;
        } else if outcome.has_failed {
            // An event that fails again may be at fault itself: only first failures count against the sink.
            self.failing.extend(outcome.failing.iter().cloned());
            self.failing_since = self.failing_since.or(Some(now));
            if progress.failures > 0 || self.failing.len() >= MANY_FAILING {
                // A count for operators and for the pause, whose length is bounded: the largest number may stay.
                progress.failures = progress.failures.saturating_add(1);
                progress.paused_until = Some(instant_after(now, backoff::sink_pause(progress.failures, position)));
            }
        }
        // A retry time in an answer applies to the whole sink only while the sink takes nothing.
        if let Some(retry_after) = outcome.retry_after.filter(|_| progress.failures > 0) {
            progress.paused_until = progress.paused_until.max(Some(instant_after(now, retry_after)));
        }
        progress.disabled.clone_from(&outcome.disabled);
        progress
    }
}

impl Delivery {
    fn count_attempt(&mut self, now: DateTime<Utc>, reason: String) {
        // A count for operators and for the delay, whose length is bounded: the largest number may stay.
        self.attempts = self.attempts.saturating_add(1);
        self.first_tried_at = self.first_tried_at.or(Some(now));
        self.reason = reason;
    }
}

/// Instant after a delay. A delay beyond the calendar is cut to a day.
pub(super) fn instant_after(now: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
    now.checked_add_signed(delay).unwrap_or(now)
}
