//! A batch of commands: load the customers → decide in memory → write everything in one transaction.
//!
//! The first attempt is optimistic: it decides on customers that are cached, or read without a lock, and checks their
//! versions when it writes. If another process or writer has changed them, the next attempts lock them before they read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

use crate::bug;
use crate::bug::Bug;
use crate::clock::Clock;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::entry::Entry;
use crate::ledger::command::{Command, MAX_RETURNED_ENTRIES, Recorded};
use crate::ledger::error::RecordError;
use crate::ledger::write::customer_cache::CustomerCache;
use crate::ledger::write::customer_state::{CustomerState, load};
use crate::ledger::write::unit_of_work::{Recording, Reply, UnitOfWork};
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::facts::{customer, fact};
use crate::store::journal::sequence;
use crate::store::tenants::tenant;
use crate::store::totals::customer_total;
use crate::store::totals::movement_total::{self, Totals};
use crate::store::totals::renewal_total::{self, RenewalTotals};
use crate::store::{audit, journal};

/// Attempts at a batch whose customers are changed by others.
const MAX_CONFLICTS: usize = 8;
/// Attempts at a batch that loses its connection: after a restart of the database, every pooled connection is lost.
const MAX_LOSSES: usize = 12;
/// Weight in bytes at which a batch reads no more customers.
const MAX_WEIGHT: usize = 16 << 20;
/// Number of commands whose customers are read first.
const FIRST_STEP: usize = 8;
/// Number of facts from which on deciding takes milliseconds.
const MANY_FACTS: usize = 2_000;
const PAUSE: Duration = Duration::from_millis(20);

/// Everything that one writer works with.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct WriterContext {
    pub db: Db,
    pub tenant_id: TenantId,
    pub cache: CustomerCache,
    /// The writer's row of each total.
    pub shard: i16,
}

/// Result of each command of a batch, in order.
pub(in crate::ledger) type CommandResults = Vec<Result<Recorded, RecordError>>;

/// Failure of an attempt to store a batch.
pub(in crate::ledger) enum BatchError {
    /// A customer, or the books, have changed since they were read.
    Stale,
    /// Nothing is stored; if the commit itself failed, everything may be.
    Failed { error: StoreError, in_commit: bool },
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        Self::Failed { error, in_commit: false }
    }
}

impl From<Bug> for BatchError {
    fn from(bug: Bug) -> Self {
        StoreError::from(bug).into()
    }
}

impl WriterContext {
    /// Records a batch in one transaction, or in several if its customers are too large to be held in memory together.
    /// After the first failure the rest fails too.
    pub async fn record(&self, commands: &[Command], clock: &Clock) -> Result<CommandResults, RecordError> {
        let mut results = Vec::with_capacity(commands.len());
        let mut rest = commands;
        while !rest.is_empty() {
            match self.record_first(rest, clock).await {
                Ok((count, first)) => {
                    results.extend(first);
                    rest = rest.get(count..).ok_or_else(|| bug!("{count} of {} commands recorded", rest.len()))?;
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

    /// Records the first commands of a batch; returns their number and results.
    async fn record_first(&self, commands: &[Command], clock: &Clock) -> Result<(usize, CommandResults), RecordError> {
        let (mut conflicts, mut losses) = (0_usize, 0_usize);
        let mut first = commands;
        loop {
            // Each attempt decides by its own time.
            let now = clock.now();
            let attempt = if conflicts == 0 {
                self.attempt_optimistically(&mut first, now).await
            } else {
                self.attempt_with_locks(first, now).await
            };
            match attempt {
                Ok(results) => return Ok((first.len(), results)),
                Err(BatchError::Stale) if conflicts < MAX_CONFLICTS => conflicts += 1,
                Err(BatchError::Stale) => return Err(RecordError::Conflict),
                // An attempt that timed out for a connection has already waited long enough.
                Err(BatchError::Failed { error, in_commit: false })
                    if error.is_away() && !error.is_timed_out() && losses < MAX_LOSSES =>
                {
                    losses += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                // An attempt that timed out for a lock has waited long: only one more.
                Err(BatchError::Failed { error, in_commit: false }) if error.is_busy() && conflicts < MAX_CONFLICTS => {
                    conflicts += MAX_CONFLICTS / 2;
                }
                Err(BatchError::Failed { error, .. }) => return Err(error.into()),
            }
        }
    }

    async fn attempt_optimistically(
        &self,
        commands: &mut &[Command],
        now: DateTime<Utc>,
    ) -> Result<CommandResults, BatchError> {
        let customers = self.load_within_weight(commands).await?;
        let work = self.decide(commands, customers, now)?;
        let tx = if work.is_empty() { self.db.read_to_write().await? } else { self.db.write().await? };
        self.write(tx, work, now).await
    }

    /// Loads the customers of the first commands, up to the maximum weight, and cuts the commands down to those. The
    /// steps grow, because the weight of a customer is known only when it is read.
    async fn load_within_weight(
        &self,
        commands: &mut &[Command],
    ) -> Result<BTreeMap<CustomerId, CustomerState>, StoreError> {
        let mut customers: BTreeMap<CustomerId, CustomerState> = BTreeMap::new();
        let (mut rest, mut step, mut weight) = (*commands, FIRST_STEP, 0_usize);
        while !rest.is_empty() && weight < MAX_WEIGHT {
            let (next, behind) = rest.split_at_checked(step).unwrap_or((rest, &[]));
            let mut missing = Vec::new();
            for customer_id in customers_of(next) {
                if customers.contains_key(customer_id) {
                    continue;
                }
                match self.cache.take(customer_id)? {
                    Some(customer) => {
                        customers.insert(customer_id.clone(), customer);
                    }
                    None => missing.push(customer_id),
                }
            }
            if !missing.is_empty() {
                let mut tx = self.db.read_to_write().await?;
                let loaded = load(&mut tx, &self.tenant_id, &missing, false).await?;
                tx.rollback().await?;
                weight += loaded.values().map(CustomerState::weight).sum::<usize>();
                customers.extend(loaded);
            }
            (rest, step) = (behind, step * 2);
        }
        let count = commands.len() - rest.len();
        *commands = commands.get(..count).ok_or_else(|| bug!("{count} of {} commands loaded", commands.len()))?;
        Ok(customers)
    }

    async fn attempt_with_locks(&self, commands: &[Command], now: DateTime<Utc>) -> Result<CommandResults, BatchError> {
        let customers: Vec<&CustomerId> = customers_of(commands).into_iter().collect();
        let mut tx = self.db.write().await?;
        // Every writer locks the tenant before any row of a customer: no deadlock.
        tenant::hold(&mut tx, &self.tenant_id).await?;
        let customers = load(&mut tx, &self.tenant_id, &customers, true).await?;
        let work = self.decide(commands, customers, now)?;
        self.write(tx, work, now).await
    }

    async fn write(
        &self,
        mut tx: Tx,
        mut work: UnitOfWork<'_>,
        now: DateTime<Utc>,
    ) -> Result<CommandResults, BatchError> {
        let unchanged = work.unchanged_customers();
        if !unchanged.is_empty() {
            let customers: Vec<&CustomerId> = unchanged.keys().copied().collect();
            let versions = customer::versions(&mut tx, &self.tenant_id, &customers).await?;
            // A customer without a row has version 0.
            if unchanged.into_iter().any(|(id, version)| versions.get(id).copied().unwrap_or(0) != version) {
                return Err(BatchError::Stale);
            }
        }
        if work.is_empty() {
            let books = tenant::books(&mut tx, &self.tenant_id).await?;
            self.check_books_version(&work, books.version)?;
            work.number_entries(&[])?;
            tx.rollback().await?;
        } else {
            self.append(&mut tx, &mut work, now).await?;
            tx.commit().await.map_err(|error| BatchError::Failed { error, in_commit: true })?;
        }
        let (customers, replies) = work.finish()?;
        self.cache.put(customers)?;
        Ok(self.results_of(replies).await)
    }

    /// Appends everything in a unit of work. Rows that others may wait for come last.
    pub async fn append(&self, tx: &mut Tx, work: &mut UnitOfWork<'_>, now: DateTime<Utc>) -> Result<(), BatchError> {
        let taken = sequence::take(tx, &self.tenant_id, work.entries.len(), work.events.len()).await?;
        self.check_books_version(work, taken.books_version)?;
        if !customer::touch(tx, &self.tenant_id, &work.touches()?, now).await? {
            return Err(BatchError::Stale);
        }
        work.number_entries(&taken.entries)?;
        fact::append(tx, &self.tenant_id, &work.facts, now).await?;
        journal::append(tx, &self.tenant_id, &work.entries).await?;
        outbox::append(tx, &self.tenant_id, &work.events, taken.events, now).await?;
        let (mut totals, mut renewals) = (Totals::default(), RenewalTotals::default());
        for entry in &work.entries {
            totals.add(entry);
            renewal_total::add_entry(&mut renewals, entry)?;
        }
        movement_total::add(tx, &self.tenant_id, self.shard, &totals).await?;
        renewal_total::add(tx, &self.tenant_id, self.shard, &renewals).await?;
        customer_total::add(tx, &self.tenant_id, self.shard, &work.customer_totals).await?;
        Ok(audit::append(tx, &self.tenant_id, &work.audit_records, now).await?)
    }

    /// Fails, and clears the cache, if a month was closed or the policy changed since the customers were read.
    fn check_books_version(&self, work: &UnitOfWork<'_>, version: i64) -> Result<(), BatchError> {
        if work.has_books_version(version) {
            return Ok(());
        }
        self.cache.clear();
        Err(BatchError::Stale)
    }

    /// Decides the commands one after the other, off the async threads if that takes long.
    fn decide<'c>(
        &'c self,
        commands: &'c [Command],
        customers: BTreeMap<CustomerId, CustomerState>,
        now: DateTime<Utc>,
    ) -> Result<UnitOfWork<'c>, Bug> {
        let facts: usize = customers.values().map(|customer| customer.facts.count()).sum();
        let decide = || {
            let mut work = UnitOfWork::new(&self.tenant_id, customers, now);
            for command in commands {
                work.add_command(command)?;
            }
            Ok(work)
        };
        let has_other_threads = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        if facts > MANY_FACTS && has_other_threads { block_in_place(decide) } else { decide() }
    }

    /// R17: the result of a repeat has the entries of the first recording. The batch is already stored: a command whose
    /// earlier entries cannot be read fails alone.
    async fn results_of(&self, replies: Vec<Reply>) -> CommandResults {
        let mut results = Vec::with_capacity(replies.len());
        for Reply { result, repeated } in replies {
            results.push(match result {
                Ok(recorded) if !repeated.is_empty() => {
                    self.with_earlier_entries(recorded, repeated).await.map_err(RecordError::from)
                }
                result => result,
            });
        }
        results
    }

    async fn with_earlier_entries(
        &self,
        mut recorded: Recorded,
        repeated: BTreeSet<Recording>,
    ) -> Result<Recorded, StoreError> {
        let mut tx = self.db.read_to_write().await?;
        let (mut earlier, mut count) = (Vec::new(), 0_usize);
        for (customer_id, version) in repeated {
            let (entries, all) =
                journal::of_recording(&mut tx, &self.tenant_id, &customer_id, version, MAX_RETURNED_ENTRIES).await?;
            earlier.extend(entries);
            count += all;
            earlier.sort_by_key(|entry: &Entry| entry.sequence);
            earlier.truncate(MAX_RETURNED_ENTRIES);
        }
        tx.rollback().await?;
        recorded.prepend(earlier, count);
        Ok(recorded)
    }
}

fn customers_of(commands: &[Command]) -> BTreeSet<&CustomerId> {
    let of_facts = commands.iter().flat_map(|command| command.facts.iter().map(Fact::customer_id));
    of_facts.chain(commands.iter().filter_map(|command| command.replay.as_ref())).collect()
}
