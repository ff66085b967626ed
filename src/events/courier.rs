//! Serves one sink: takes what is due from the outbox, delivers it, and notes what became of it.
//!
//! What is delivered in order costs one row a batch: how far the sink has come. What fails is put aside with everything
//! behind it of the same customer, so that others go on. While too much is put aside, nothing new is begun.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::backoff;
use super::sink::{Outcome, Outgoing, Sink};
use crate::clock::Clock;
use crate::domain::ids::{CustomerId, TenantId};
use crate::form::envelope::Envelope;
use crate::store::db::{Db, Lock, Tx};
use crate::store::delivery::{self, Delivery};
use crate::store::entry::Sequence;
use crate::store::error::StoreError;
use crate::store::kissmetrics::{self, Wanted};
use crate::store::outbox;
use crate::store::sequence::{self, Numbered};
use crate::store::sink::{self, Progress};

/// An event that fails for so long is given up.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(80);
/// While so many events wait apart, nothing new is begun.
const MAX_WAITING: i64 = 1_000;
/// When nothing is taken and so many customers' events fail, it is the sink that fails.
const MANY_FAILING: usize = 3;
/// Events in a batch: few at first, more while that is fast.
const SMALLEST_BATCH: usize = 32;
const LARGEST_BATCH: usize = 4_096;
const FAST: TimeDelta = TimeDelta::milliseconds(500);
const SLOW: TimeDelta = TimeDelta::seconds(2);

/// A sink, and whoever serves it.
#[derive(Debug)]
pub struct Courier {
    pub db: Db,
    pub tenant_id: TenantId,
    pub clock: Clock,
    /// The sink's name.
    pub name: String,
    pub sink: Arc<dyn Sink>,
}

/// The turn of a courier, while nobody else may serve the sink.
#[derive(Debug)]
pub struct Turn {
    lock: Lock,
    generation: i64,
    progress: Progress,
    batch: usize,
    /// The customers whose events failed since something was delivered.
    failing: BTreeSet<CustomerId>,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// There may be more.
    Worked,
    /// Nothing is due.
    Idle,
    /// Not before then.
    Paused(DateTime<Utc>),
    /// The sink wants nothing any more.
    Disabled,
    /// Somebody else serves the sink now.
    Lost,
}

/// An event to try, as it waits apart or as it comes from the outbox.
#[derive(Debug)]
struct Try {
    delivery: Delivery,
    /// Whether it waits apart already.
    is_apart: bool,
    envelope: Envelope,
}

/// What is to be noted.
#[derive(Debug, Default)]
struct Notes {
    apart: Vec<Delivery>,
    done: Vec<Sequence>,
    delivered: usize,
    failing: BTreeSet<CustomerId>,
    retry_after: Option<Duration>,
    disabled: Option<String>,
}

impl Courier {
    /// Takes the turn, unless somebody else has it.
    pub async fn take_turn(&self) -> Result<Option<Turn>, StoreError> {
        let lock = self.db.try_lock(&format!("sink {} {}", self.tenant_id, self.name)).await?;
        let Some(lock) = lock else { return Ok(None) };
        let mut tx = self.db.write().await?;
        let (generation, progress) = sink::take_over(&mut tx, &self.tenant_id, &self.name).await?;
        tx.commit().await?;
        Ok(Some(Turn { lock, generation, progress, batch: SMALLEST_BATCH, failing: BTreeSet::new() }))
    }

    /// Delivers a batch: what waits apart and may be tried again, then what is new.
    pub async fn round(&self, turn: &mut Turn) -> Result<Round, StoreError> {
        let now = self.clock.now();
        if turn.progress.disabled.is_some() {
            return Ok(Round::Disabled);
        }
        if let Some(until) = turn.progress.paused_until.filter(|until| *until > now) {
            return Ok(Round::Paused(until));
        }
        if !turn.lock.is_held().await {
            return Ok(Round::Lost);
        }
        let (tries, mut notes, position) = self.next(turn, now).await?;
        let outgoing = self.outgoing(&tries).await?;
        let outcomes = if outgoing.is_empty() { Vec::new() } else { self.sink.deliver(&outgoing).await };
        let tried_at = self.clock.now();
        // A sink that answers too little has not taken the rest.
        for (tried, outcome) in tries.into_iter().zip(outcomes.into_iter().chain(std::iter::repeat(Outcome::Held))) {
            notes.add(tried, outcome, tried_at);
        }
        turn.size_batch(tried_at.signed_duration_since(now), notes.delivered);
        self.note(turn, notes, position, tried_at).await
    }

    /// What to try, what needs no trying, and how far in the outbox that is.
    async fn next(&self, turn: &Turn, now: DateTime<Utc>) -> Result<(Vec<Try>, Notes, Sequence), StoreError> {
        let settled = sequence::settled(&self.db, Numbered::Outbox).await?;
        let mut tx = self.db.read().await?;
        let (tenant_id, name) = (&self.tenant_id, self.name.as_str());
        let far = DateTime::from_timestamp_secs(253_402_300_799).unwrap_or(now);
        // A sink in trouble is tried with what waits, whether its time has come or not.
        let until = if turn.progress.failures > 0 { far } else { now };
        let (mut tries, mut notes) = (Vec::new(), Notes::default());
        let limit = i64::try_from(turn.batch).unwrap_or(i64::MAX);
        for (delivery, envelope) in delivery::ready(&mut tx, tenant_id, name, until, limit).await? {
            match envelope.filter(|envelope| self.sink.choice().includes(envelope)) {
                Some(envelope) => tries.push(Try { delivery, is_apart: true, envelope }),
                // No longer kept, or no longer chosen.
                None => notes.done.push(delivery.sequence),
            }
        }
        let mut position = turn.progress.position;
        let may_begin = tries.is_empty() && notes.done.is_empty() && settled > position;
        if may_begin && delivery::count(&mut tx, tenant_id, name, false).await? < MAX_WAITING {
            let events = outbox::between(&mut tx, tenant_id, position, settled, limit).await?;
            // Behind a batch that is not full there is nothing that is still kept.
            position = events.get(turn.batch.saturating_sub(1)).map_or(settled, |last| last.sequence);
            let customers: BTreeSet<&CustomerId> = events.iter().map(|event| &event.customer_id).collect();
            let customers: Vec<&CustomerId> = customers.into_iter().collect();
            let held_back = delivery::held_back(&mut tx, tenant_id, name, &customers).await?;
            for event in events.into_iter().filter(|event| self.sink.choice().includes(&event.envelope)) {
                let delivery = Delivery {
                    customer_id: event.customer_id,
                    sequence: event.sequence,
                    is_dead: false,
                    attempts: 0,
                    first_tried_at: None,
                    next_at: now,
                    reason: String::new(),
                };
                if held_back.contains(&delivery.customer_id) {
                    notes.apart.push(delivery);
                } else {
                    tries.push(Try { delivery, is_apart: false, envelope: event.envelope });
                }
            }
        }
        tx.rollback().await?;
        Ok((tries, notes, position))
    }

    async fn outgoing(&self, tries: &[Try]) -> Result<Vec<Outgoing>, StoreError> {
        let mut seconds = BTreeMap::new();
        if self.sink.needs_seconds() && !tries.is_empty() {
            let wanted: Vec<Wanted<'_>> = tries.iter().map(Try::wanted).collect();
            let mut tx: Tx = self.db.write().await?;
            seconds = kissmetrics::seconds(&mut tx, &self.tenant_id, &self.name, &wanted).await?;
            tx.commit().await?;
        }
        let outgoing = tries.iter().map(|it| Outgoing {
            sequence: it.delivery.sequence,
            envelope: it.envelope.clone(),
            second: seconds.get(&it.delivery.sequence).copied(),
        });
        Ok(outgoing.collect())
    }

    async fn note(
        &self,
        turn: &mut Turn,
        notes: Notes,
        position: Sequence,
        now: DateTime<Utc>,
    ) -> Result<Round, StoreError> {
        let mut progress = Progress { position, ..turn.progress.clone() };
        let recovered = notes.delivered > 0 && progress.failures > 0;
        if notes.delivered > 0 {
            (progress.failures, progress.paused_until, progress.delivered_at) = (0, None, Some(now));
            turn.failing.clear();
        } else if !notes.failing.is_empty() {
            turn.failing.extend(notes.failing);
            if turn.failing.len() >= MANY_FAILING {
                progress.failures = progress.failures.saturating_add(1);
                progress.paused_until = Some(later(now, backoff::pause(progress.failures, position)));
            }
        }
        if let Some(retry_after) = notes.retry_after {
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
        if recovered {
            delivery::hurry(&mut tx, tenant_id, name, now).await?;
        }
        tx.commit().await?;
        turn.progress = progress;
        Ok(Round::Worked)
    }
}

impl Turn {
    /// What is done in a batch is noted only when all of it is done.
    fn size_batch(&mut self, took: TimeDelta, delivered: usize) {
        if took > SLOW || delivered == 0 {
            self.batch = (self.batch / 2).max(SMALLEST_BATCH);
        } else if delivered.saturating_mul(2) >= self.batch && took < FAST {
            self.batch = self.batch.saturating_mul(2).min(LARGEST_BATCH);
        }
    }
}

impl Try {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            sequence: self.delivery.sequence,
            identity: &self.envelope.identity,
            event: self.envelope.event.as_str(),
            second: self.envelope.timestamp.timestamp(),
        }
    }
}

impl Notes {
    fn add(&mut self, Try { mut delivery, is_apart, .. }: Try, outcome: Outcome, now: DateTime<Utc>) {
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
                self.failing.insert(delivery.customer_id.clone());
                self.retry_after = self.retry_after.max(retry_after);
                delivery.attempt(now, reason);
                let first = delivery.first_tried_at.unwrap_or(now);
                delivery.is_dead = now.signed_duration_since(first) > GIVE_UP_AFTER;
                delivery.next_at = later(now, backoff::before_retry(delivery.attempts, delivery.sequence));
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

impl Delivery {
    fn attempt(&mut self, now: DateTime<Utc>, reason: String) {
        self.attempts = self.attempts.saturating_add(1);
        self.first_tried_at = self.first_tried_at.or(Some(now));
        self.reason = reason;
    }
}

fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
    now.checked_add_signed(wait).unwrap_or(now)
}
