//! Worker of one sink: reads due events from the outbox, delivers them, and stores the outcome.
//!
//! Events delivered in order cost one row a batch: the sink's position. An event that fails is put apart with everything
//! behind it of the same customer, so that other customers go on. While the events of too many customers fail, no new ones
//! are tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Sequence;
use crate::events::delivery_outcome::{Attempt, BatchOutcome};
use crate::events::sink::{DeliveryOutcome, OutgoingEvent, Sink};
use crate::store::db::{Db, Lock, Tx};
use crate::store::error::StoreError;
use crate::store::events::delivery::{self, Delivery};
use crate::store::events::kissmetrics::{self, EventSecond};
use crate::store::events::outbox;
use crate::store::events::sink::{self, Progress};
use crate::store::journal::sequence::{self, Numbered};

/// Number of customers with failing events from which on no new events are tried.
const MAX_FAILING: i64 = 1_000;
/// Number of events in a batch: few at first, doubled while batches are fast.
const MIN_BATCH: u16 = 32;
const MAX_BATCH: u16 = 4_096;
const FAST: TimeDelta = TimeDelta::milliseconds(500);
const SLOW: TimeDelta = TimeDelta::seconds(2);

/// Worker of one sink of one tenant.
#[derive(Debug)]
pub struct SinkWorker {
    pub db: Db,
    pub tenant_id: TenantId,
    pub clock: Clock,
    /// Name of the sink.
    pub name: String,
    pub sink: Arc<dyn Sink>,
}

/// Exclusive right to serve a sink, with the sink's state.
#[derive(Debug)]
pub struct Lease {
    pub(super) lock: Lock,
    pub(super) generation: i64,
    pub(super) progress: Progress,
    batch_size: u16,
    /// Customers whose events failed for the first time since the last delivery.
    pub(super) failing: BTreeSet<CustomerId>,
    /// Instant of the first failure since the last delivery.
    pub(super) failing_since: Option<DateTime<Utc>>,
    /// Instant before which the journal is not tried again.
    pub(super) journal_paused_until: Option<DateTime<Utc>>,
}

/// Result of one round of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Something was done, and there may be more.
    Worked,
    /// Nothing is due.
    Idle,
    /// The sink fails and is not tried before this instant.
    Paused(DateTime<Utc>),
    /// The sink accepts no more events.
    Disabled,
    /// The lease is lost: another process serves the sink.
    Lost,
}

impl SinkWorker {
    /// Acquires the lease, unless another process holds it.
    pub async fn acquire_lease(&self) -> Result<Option<Lease>, StoreError> {
        let lock = self.db.try_lock(&format!("sink {} {}", self.tenant_id, self.name)).await?;
        let Some(lock) = lock else { return Ok(None) };
        let mut tx = self.db.write().await?;
        let (generation, progress) = sink::take_over(&mut tx, &self.tenant_id, &self.name).await?;
        tx.commit().await?;
        Ok(Some(Lease {
            lock,
            generation,
            progress,
            batch_size: MIN_BATCH,
            failing: BTreeSet::new(),
            failing_since: None,
            journal_paused_until: None,
        }))
    }

    /// Tells whether events wait for a retry.
    pub async fn has_waiting(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.read().await?;
        let waiting = delivery::count(&mut tx, &self.tenant_id, &self.name, false).await?;
        tx.rollback().await?;
        Ok(waiting > 0)
    }

    /// Delivers a batch, and entries of the journal to a sink that accepts them.
    pub async fn deliver_batch(&self, lease: &mut Lease) -> Result<Round, StoreError> {
        let now = self.clock.now();
        if lease.progress.disabled.is_some() {
            return Ok(Round::Disabled);
        }
        if let Some(until) = lease.progress.paused_until.filter(|until| *until > now) {
            return Ok(Round::Paused(until));
        }
        if !lease.lock.is_held().await {
            return Ok(Round::Lost);
        }
        let Batch { attempts, mut outcome, position } = self.next_batch(lease, now).await?;
        let outgoing = self.outgoing_events(&attempts).await?;
        let outcomes = if outgoing.is_empty() {
            Vec::new()
        } else {
            tokio::select! {
                outcomes = self.sink.deliver(&outgoing) => outcomes,
                // Another process may already serve the sink.
                () = lease.lock.lost() => return Ok(Round::Lost),
            }
        };
        let tried_at = self.clock.now();
        // An event without an outcome was not tried.
        let outcomes = outcomes.into_iter().chain(std::iter::repeat(DeliveryOutcome::Held));
        for (attempt, of_attempt) in attempts.into_iter().zip(outcomes) {
            outcome.add(attempt, of_attempt, tried_at);
        }
        lease.adapt_batch_size(tried_at.signed_duration_since(now), outcome.delivered);
        let round = self.store_outcome(lease, &outcome, position, tried_at).await?;
        if self.sink.accepts_journal() && matches!(round, Round::Idle | Round::Worked) {
            return self.forward_journal(lease, round).await;
        }
        Ok(round)
    }

    /// Selects the next batch: events apart whose retry is due, else new events, else, while the sink fails, events apart
    /// whose retry is not due yet. (In this order, because a failing sink must not be tried only with events that fail for
    /// ever.)
    async fn next_batch(&self, lease: &Lease, now: DateTime<Utc>) -> Result<Batch, StoreError> {
        let settled = sequence::settled(&self.db, Numbered::Outbox).await?;
        let mut tx = self.db.read().await?;
        let position = lease.progress.position;
        let mut batch = self.retries(&mut tx, lease, now).await?;
        if batch.is_empty() && settled > position {
            let failing = delivery::failing(&mut tx, &self.tenant_id, &self.name).await?;
            if failing < MAX_FAILING {
                batch = self.new_events(&mut tx, lease, settled, now).await?;
            }
        }
        if batch.is_empty() && batch.outcome.apart.is_empty() && lease.progress.failures > 0 {
            let far = now.checked_add_signed(TimeDelta::days(1)).unwrap_or(now);
            batch = Batch { position: batch.position, ..self.retries(&mut tx, lease, far).await? };
        }
        tx.rollback().await?;
        Ok(batch)
    }

    /// Events apart whose retry is due at an instant.
    async fn retries(&self, tx: &mut Tx, lease: &Lease, due_at: DateTime<Utc>) -> Result<Batch, StoreError> {
        let mut batch = Batch::at(lease.progress.position);
        let ready = delivery::ready(tx, &self.tenant_id, &self.name, due_at, lease.batch_size.into()).await?;
        for (delivery, envelope) in ready {
            match envelope.filter(|envelope| self.sink.filter().includes(envelope)) {
                Some(envelope) => batch.attempts.push(Attempt { delivery, is_apart: true, envelope }),
                // Pruned, or no longer selected by the filter.
                None => batch.outcome.done.push(delivery.sequence),
            }
        }
        Ok(batch)
    }

    /// New events up to a sequence. Events of customers with an event apart are put apart behind it.
    async fn new_events(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        through: Sequence,
        now: DateTime<Utc>,
    ) -> Result<Batch, StoreError> {
        let after = lease.progress.position;
        let events = outbox::between(tx, &self.tenant_id, after, through, lease.batch_size.into()).await?;
        let mut batch = Batch::at(match events.last() {
            Some(last) => last.sequence,
            // Skips pruned events.
            None => outbox::last(tx, &self.tenant_id, through).await?.unwrap_or(after),
        });
        let customers: BTreeSet<&CustomerId> = events.iter().map(|event| &event.customer_id).collect();
        let customers: Vec<&CustomerId> = customers.into_iter().collect();
        let held_back = delivery::held_back(tx, &self.tenant_id, &self.name, &customers).await?;
        for event in events.into_iter().filter(|event| self.sink.filter().includes(&event.envelope)) {
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
                batch.outcome.apart.push(delivery);
            } else {
                batch.attempts.push(Attempt { delivery, is_apart: false, envelope: event.envelope });
            }
        }
        Ok(batch)
    }

    async fn outgoing_events(&self, attempts: &[Attempt]) -> Result<Vec<OutgoingEvent>, StoreError> {
        let mut seconds = BTreeMap::new();
        if self.sink.needs_unique_seconds() && !attempts.is_empty() {
            let wanted: Vec<EventSecond<'_>> = attempts.iter().map(Attempt::wanted).collect();
            let mut tx: Tx = self.db.write().await?;
            seconds = kissmetrics::seconds(&mut tx, &self.tenant_id, &self.name, &wanted).await?;
            tx.commit().await?;
        }
        let outgoing = attempts.iter().map(|attempt| OutgoingEvent {
            sequence: attempt.delivery.sequence,
            envelope: attempt.envelope.clone(),
            second: seconds.get(&attempt.delivery.sequence).copied(),
        });
        Ok(outgoing.collect())
    }
}

/// Events to deliver together.
#[derive(Debug)]
struct Batch {
    attempts: Vec<Attempt>,
    /// Outcome of the events that need no attempt.
    outcome: BatchOutcome,
    /// Position of the sink after the batch.
    position: Sequence,
}

impl Batch {
    fn at(position: Sequence) -> Self {
        Self { attempts: Vec::new(), outcome: BatchOutcome::default(), position }
    }

    /// Tells whether there is neither an event to try nor one that is done.
    fn is_empty(&self) -> bool {
        self.attempts.is_empty() && self.outcome.done.is_empty()
    }
}

impl Lease {
    /// Releases the lease, so that another process can serve the sink at once.
    pub async fn release(self) {
        self.lock.release().await;
    }

    /// Adapts the size of batches to their duration: the outcome of a batch is stored only when all of it is over.
    fn adapt_batch_size(&mut self, took: TimeDelta, delivered: usize) {
        if took > SLOW || delivered == 0 {
            self.batch_size = (self.batch_size / 2).max(MIN_BATCH);
        } else if delivered * 2 >= usize::from(self.batch_size) && took < FAST {
            self.batch_size = (self.batch_size * 2).min(MAX_BATCH);
        }
    }
}
