//! A batch of requests: load the customers → decide in memory → write everything in one transaction.
//!
//! The first attempt decides on customers that are in memory, or read without a lock, and finds out when it writes
//! whether they are still so. If they are not, because another process or another writer changed them, the next
//! attempts lock them before they read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use crate::clock::Clock;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::{Entry, Version};
use crate::ledger::command::{MAX_GIVEN, Recorded, Request};
use crate::ledger::error::RecordError;
use crate::ledger::write::customer_cache::Cache;
use crate::ledger::write::customer_state::{CustomerState, load};
use crate::ledger::write::unit_of_work::{Draft, Told};
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::facts::customer;
use crate::store::facts::fact;
use crate::store::journal::sequence;
use crate::store::tenants::tenant;
use crate::store::totals::customer_total;
use crate::store::totals::movement_total::{self, Totals};
use crate::store::totals::renewal_total::{self, RenewalTotals};
use crate::store::{audit, journal};

/// How often a batch is tried when others change its customers.
const MAX_CONFLICTS: usize = 8;
/// How often a batch is tried when connections are lost: after a restart of the database, all of them are.
const MAX_LOSSES: usize = 12;
/// Customers are read until they weigh so many bytes together.
const MAX_WEIGHT: usize = 16 << 20;
/// The requests whose customers are read first.
const FIRST_STEP: usize = 8;
/// Customers with so many facts take milliseconds to decide.
const MANY_FACTS: usize = 2_000;
const PAUSE: Duration = Duration::from_millis(20);

/// What one writer works with.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Desk {
    pub db: Db,
    pub tenant_id: TenantId,
    pub cache: Cache,
    /// Its rows of the totals.
    pub shard: i16,
}

/// What became of each request of a batch.
pub(in crate::ledger) type Results = Vec<Result<Recorded, RecordError>>;

/// Why a batch is not stored.
pub(in crate::ledger) enum BatchError {
    /// Customers are not as they were known.
    Stale,
    /// Nothing is stored, or, at the end, nobody knows.
    Failed { error: StoreError, in_commit: bool },
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        Self::Failed { error, in_commit: false }
    }
}

impl Desk {
    /// Records a batch: its requests are stored together, but for customers so large that they are not held in memory
    /// at once. What fails first, fails the rest.
    pub async fn record(&self, requests: &[Request], clock: &Clock) -> Result<Results, RecordError> {
        let mut results = Vec::with_capacity(requests.len());
        let mut rest = requests;
        while !rest.is_empty() {
            match self.record_some(rest, clock).await {
                Ok((count, some)) => {
                    results.extend(some);
                    rest = rest.get(count..).unwrap_or_default();
                }
                Err(error) if results.is_empty() => return Err(error),
                Err(error) => {
                    results.extend(rest.iter().map(|_| Err(error.clone())));
                    break;
                }
            }
        }
        Ok(results)
    }

    /// Records the first requests; gives their number and what became of them.
    async fn record_some(&self, requests: &[Request], clock: &Clock) -> Result<(usize, Results), RecordError> {
        let (mut conflicts, mut losses) = (0_usize, 0_usize);
        let mut some = requests;
        loop {
            // Each attempt by the time at which it decides.
            let now = clock.now();
            let attempt = if conflicts == 0 {
                self.try_with_memory(&mut some, now).await
            } else {
                self.try_with_locks(some, now).await
            };
            match attempt {
                Ok(results) => return Ok((some.len(), results)),
                Err(BatchError::Stale) if conflicts < MAX_CONFLICTS => conflicts = conflicts.saturating_add(1),
                Err(BatchError::Stale) => return Err(RecordError::Conflict),
                // Whoever waited for a connection in vain has waited long enough.
                Err(BatchError::Failed { error, in_commit: false })
                    if error.is_away() && !error.is_timed_out() && losses < MAX_LOSSES =>
                {
                    losses = losses.saturating_add(1);
                    tokio::time::sleep(PAUSE).await;
                }
                // Whoever waited for a lock has waited for long.
                Err(BatchError::Failed { error, in_commit: false }) if error.is_busy() && conflicts < MAX_CONFLICTS => {
                    conflicts = conflicts.saturating_add(MAX_CONFLICTS / 2);
                }
                Err(BatchError::Failed { error, .. }) => return Err(error.into()),
            }
        }
    }

    async fn try_with_memory(&self, requests: &mut &[Request], now: DateTime<Utc>) -> Result<Results, BatchError> {
        let known = self.gather(requests).await?;
        let draft = self.draft(requests, known, now);
        let tx = if draft.is_empty() { self.db.read_to_write().await? } else { self.db.write().await? };
        self.write(tx, draft, now).await
    }

    /// The customers of the first requests, as many as may be in memory at once; cuts the requests down to those. A few
    /// are read first, and then ever more, because nobody knows how large a customer is before.
    async fn gather(&self, requests: &mut &[Request]) -> Result<BTreeMap<CustomerId, CustomerState>, StoreError> {
        let mut known: BTreeMap<CustomerId, CustomerState> = BTreeMap::new();
        let (mut count, mut step, mut weight) = (0_usize, FIRST_STEP, 0_usize);
        while count < requests.len() && weight < MAX_WEIGHT {
            let next = count.saturating_add(step).min(requests.len());
            let mut missing = Vec::new();
            for customer_id in customers_of(requests.get(count..next).unwrap_or_default()) {
                if known.contains_key(customer_id) {
                    continue;
                }
                match self.cache.take(customer_id) {
                    Some(it) => {
                        known.insert(customer_id.clone(), it);
                    }
                    None => missing.push(customer_id),
                }
            }
            if !missing.is_empty() {
                let mut tx = self.db.read_to_write().await?;
                let loaded = load(&mut tx, &self.tenant_id, &missing, false).await?;
                tx.rollback().await?;
                weight = loaded.values().map(CustomerState::weight).fold(weight, usize::saturating_add);
                known.extend(loaded);
            }
            (count, step) = (next, step.saturating_mul(2));
        }
        *requests = requests.get(..count).unwrap_or_default();
        Ok(known)
    }

    async fn try_with_locks(&self, requests: &[Request], now: DateTime<Utc>) -> Result<Results, BatchError> {
        let customers: Vec<&CustomerId> = customers_of(requests).into_iter().collect();
        let mut tx = self.db.write().await?;
        // Before any row, as everybody does it who writes.
        tenant::hold(&mut tx, &self.tenant_id).await?;
        let known = load(&mut tx, &self.tenant_id, &customers, true).await?;
        let draft = self.draft(requests, known, now);
        self.write(tx, draft, now).await
    }

    async fn write(&self, mut tx: Tx, mut draft: Draft<'_>, now: DateTime<Utc>) -> Result<Results, BatchError> {
        let untouched = draft.untouched();
        if !untouched.is_empty() {
            let customers: Vec<&CustomerId> = untouched.keys().copied().collect();
            let versions = customer::versions(&mut tx, &self.tenant_id, &customers).await?;
            if untouched.into_iter().any(|(id, version)| versions.get(id).copied().unwrap_or(0) != version) {
                return Err(BatchError::Stale);
            }
        }
        if draft.is_empty() {
            let books = tenant::books(&mut tx, &self.tenant_id).await?;
            self.check_books(&draft, books.version)?;
            draft.number(&[]);
            tx.rollback().await?;
        } else {
            self.append(&mut tx, &mut draft, now).await?;
            tx.commit().await.map_err(|error| BatchError::Failed { error, in_commit: true })?;
        }
        let (customers, told) = draft.finish();
        self.cache.put(customers);
        Ok(self.with_repeats(told).await)
    }

    /// Everything that a draft comes to. What others may wait for comes last.
    pub async fn append(&self, tx: &mut Tx, draft: &mut Draft<'_>, now: DateTime<Utc>) -> Result<(), BatchError> {
        let taken = sequence::take(tx, &self.tenant_id, draft.entries.len(), draft.events.len()).await?;
        self.check_books(draft, taken.books_version)?;
        if !customer::touch(tx, &self.tenant_id, &draft.touches(), now).await? {
            return Err(BatchError::Stale);
        }
        draft.number(&taken.entries);
        fact::append(tx, &self.tenant_id, &draft.facts, now).await?;
        journal::append(tx, &self.tenant_id, &draft.entries).await?;
        outbox::append(tx, &self.tenant_id, &draft.events, taken.events, now).await?;
        let (mut totals, mut renewals) = (Totals::default(), RenewalTotals::default());
        for entry in &draft.entries {
            totals.add(entry);
            renewal_total::count(&mut renewals, entry);
        }
        movement_total::add(tx, &self.tenant_id, self.shard, &totals).await?;
        renewal_total::add(tx, &self.tenant_id, self.shard, &renewals).await?;
        customer_total::add(tx, &self.tenant_id, self.shard, &draft.customer_totals).await?;
        Ok(audit::append(tx, &self.tenant_id, &draft.audits, now).await?)
    }

    /// A month was closed meanwhile, or the policy changed: then every customer in memory was read too early.
    fn check_books(&self, draft: &Draft<'_>, version: i64) -> Result<(), BatchError> {
        if draft.is_of_books(version) {
            return Ok(());
        }
        self.cache.clear();
        Err(BatchError::Stale)
    }

    /// Decides. What takes long does not keep the thread from others' tasks.
    fn draft<'r>(
        &'r self,
        requests: &'r [Request],
        known: BTreeMap<CustomerId, CustomerState>,
        now: DateTime<Utc>,
    ) -> Draft<'r> {
        let facts = known.values().map(|known| known.facts.count()).fold(0, usize::saturating_add);
        let decide = || {
            let mut draft = Draft::new(&self.tenant_id, known, now);
            for request in requests {
                draft.add(request);
            }
            draft
        };
        let has_other_threads = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        if facts > MANY_FACTS && has_other_threads { block_in_place(decide) } else { decide() }
    }

    /// R17: a repeat is told the movements that it brought when it was recorded. What was stored stays stored if they
    /// cannot be read.
    async fn with_repeats(&self, told: Vec<Told>) -> Results {
        let mut results = Vec::with_capacity(told.len());
        for (result, repeats) in told {
            results.push(match result {
                Ok(recorded) if !repeats.is_empty() => {
                    self.repeated(recorded, repeats).await.map_err(RecordError::from)
                }
                result => result,
            });
        }
        results
    }

    async fn repeated(
        &self,
        mut recorded: Recorded,
        repeats: BTreeSet<(CustomerId, Version)>,
    ) -> Result<Recorded, StoreError> {
        let mut tx = self.db.read_to_write().await?;
        let (mut earlier, mut count) = (Vec::new(), 0_usize);
        for (customer_id, version) in repeats {
            let (entries, all) =
                journal::of_recording(&mut tx, &self.tenant_id, &customer_id, version, MAX_GIVEN).await?;
            earlier.extend(entries);
            count = count.saturating_add(all);
            earlier.sort_by_key(|entry: &Entry| entry.sequence);
            earlier.truncate(MAX_GIVEN);
        }
        tx.rollback().await?;
        recorded.precede(earlier, count);
        Ok(recorded)
    }
}

fn customers_of(requests: &[Request]) -> BTreeSet<&CustomerId> {
    let of_facts = requests.iter().flat_map(|request| request.facts.iter().map(Fact::customer_id));
    of_facts.chain(requests.iter().filter_map(|request| request.again.as_ref())).collect()
}
