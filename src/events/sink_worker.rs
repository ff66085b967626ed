//! Serves one sink: takes what is due from the outbox, delivers it, and notes what became of it.
//!
//! What is delivered in order costs one row a batch: how far the sink has come. What fails is put aside with everything
//! behind it of the same customer, so that others go on. While too many customers' events fail, nothing new is begun.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Sequence;
use crate::events::delivery_outcome::{Notes, Try};
use crate::events::sink::{Outcome, Outgoing, Sink};
use crate::store::db::{Db, Lock, Tx};
use crate::store::error::StoreError;
use crate::store::events::delivery::{self, Delivery};
use crate::store::events::kissmetrics::{self, Wanted};
use crate::store::events::outbox;
use crate::store::events::sink::{self, Progress};
use crate::store::journal::sequence::{self, Numbered};

/// While so many events fail, each of another customer, nothing new is begun.
const MAX_FAILING: i64 = 1_000;
/// Events in a batch: few at first, more while that is fast.
const SMALLEST_BATCH: usize = 32;
const LARGEST_BATCH: usize = 4_096;
const FAST: TimeDelta = TimeDelta::milliseconds(500);
const SLOW: TimeDelta = TimeDelta::seconds(2);

/// A sink, and whoever serves it.
#[derive(Debug)]
pub struct SinkWorker {
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
    pub(super) lock: Lock,
    pub(super) generation: i64,
    pub(super) progress: Progress,
    batch: usize,
    /// The customers whose events failed for the first time since something was delivered, and when that began.
    pub(super) failing: BTreeSet<CustomerId>,
    pub(super) failing_since: Option<DateTime<Utc>>,
    /// No attempt to deliver the journal before.
    pub(super) journal_paused_until: Option<DateTime<Utc>>,
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

impl SinkWorker {
    /// Takes the turn, unless somebody else has it.
    pub async fn take_turn(&self) -> Result<Option<Turn>, StoreError> {
        let lock = self.db.try_lock(&format!("sink {} {}", self.tenant_id, self.name)).await?;
        let Some(lock) = lock else { return Ok(None) };
        let mut tx = self.db.write().await?;
        let (generation, progress) = sink::take_over(&mut tx, &self.tenant_id, &self.name).await?;
        tx.commit().await?;
        Ok(Some(Turn {
            lock,
            generation,
            progress,
            batch: SMALLEST_BATCH,
            failing: BTreeSet::new(),
            failing_since: None,
            journal_paused_until: None,
        }))
    }

    /// Whether there are events that the sink has failed to take.
    pub async fn has_waiting(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.read().await?;
        let waiting = delivery::count(&mut tx, &self.tenant_id, &self.name, false).await?;
        tx.rollback().await?;
        Ok(waiting > 0)
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
        let outcomes = if outgoing.is_empty() {
            Vec::new()
        } else {
            tokio::select! {
                outcomes = self.sink.deliver(&outgoing) => outcomes,
                // Somebody else may be at it already.
                () = turn.lock.lost() => return Ok(Round::Lost),
            }
        };
        let tried_at = self.clock.now();
        // A sink that answers too little has not taken the rest.
        for (tried, outcome) in tries.into_iter().zip(outcomes.into_iter().chain(std::iter::repeat(Outcome::Held))) {
            notes.add(tried, outcome, tried_at);
        }
        turn.size_batch(tried_at.signed_duration_since(now), notes.delivered);
        let round = self.note_surely(turn, &notes, position, tried_at).await?;
        if self.sink.wants_journal() && matches!(round, Round::Idle | Round::Worked) {
            return self.deliver_journal(turn, round).await;
        }
        Ok(round)
    }

    /// What to try, what needs no trying, and how far in the outbox that is: what waits apart and may be tried again,
    /// else what is new, else, of a sink in trouble, what waits apart although its time has not come. (In this order,
    /// because events that fail for ever must not be all that a sink in trouble is tried with.)
    async fn next(&self, turn: &Turn, now: DateTime<Utc>) -> Result<(Vec<Try>, Notes, Sequence), StoreError> {
        let settled = sequence::settled(&self.db, Numbered::Outbox).await?;
        let mut tx = self.db.read().await?;
        let mut position = turn.progress.position;
        let (mut tries, mut notes) = self.apart(&mut tx, now, turn.batch).await?;
        let nothing = |tries: &[Try], notes: &Notes| tries.is_empty() && notes.done.is_empty();
        if nothing(&tries, &notes) && settled > position {
            let failing = delivery::failing(&mut tx, &self.tenant_id, &self.name).await?;
            if failing < MAX_FAILING {
                (tries, notes, position) = self.fresh(&mut tx, position, settled, turn.batch, now).await?;
            }
        }
        if nothing(&tries, &notes) && notes.apart.is_empty() && turn.progress.failures > 0 {
            let far = now.checked_add_signed(TimeDelta::days(1)).unwrap_or(now);
            (tries, notes) = self.apart(&mut tx, far, turn.batch).await?;
        }
        tx.rollback().await?;
        Ok((tries, notes, position))
    }

    /// What waits apart and may be tried at a time.
    async fn apart(&self, tx: &mut Tx, time: DateTime<Utc>, limit: usize) -> Result<(Vec<Try>, Notes), StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (mut tries, mut notes) = (Vec::new(), Notes::default());
        for (delivery, envelope) in delivery::ready(tx, &self.tenant_id, &self.name, time, limit).await? {
            match envelope.filter(|envelope| self.sink.choice().includes(envelope)) {
                Some(envelope) => tries.push(Try { delivery, is_apart: true, envelope }),
                // No longer kept, or no longer chosen.
                None => notes.done.push(delivery.sequence),
            }
        }
        Ok((tries, notes))
    }

    /// What is new behind a place; who has something waiting apart has this wait behind it.
    async fn fresh(
        &self,
        tx: &mut Tx,
        after: Sequence,
        through: Sequence,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Try>, Notes, Sequence), StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let events = outbox::between(tx, &self.tenant_id, after, through, limit).await?;
        let position = match events.last() {
            Some(last) => last.sequence,
            // What is no longer kept need not be looked through again.
            None => outbox::last(tx, &self.tenant_id, through).await?.unwrap_or(after),
        };
        let customers: BTreeSet<&CustomerId> = events.iter().map(|event| &event.customer_id).collect();
        let customers: Vec<&CustomerId> = customers.into_iter().collect();
        let held_back = delivery::held_back(tx, &self.tenant_id, &self.name, &customers).await?;
        let (mut tries, mut notes) = (Vec::new(), Notes::default());
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
}

impl Turn {
    /// Lets others serve the sink at once.
    pub async fn end(self) {
        self.lock.release().await;
    }

    /// What is done in a batch is noted only when all of it is done.
    fn size_batch(&mut self, took: TimeDelta, delivered: usize) {
        if took > SLOW || delivered == 0 {
            self.batch = (self.batch / 2).max(SMALLEST_BATCH);
        } else if delivered.saturating_mul(2) >= self.batch && took < FAST {
            self.batch = self.batch.saturating_mul(2).min(LARGEST_BATCH);
        }
    }
}
