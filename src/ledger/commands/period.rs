//! R16: closes and reopens months.
//!
//! Both take the lock that all writers share, so no recording runs at the same time. A close carries over what is still
//! provisional (R11), stores the digest of the month's totals, and opens the books from the next month on: all in one
//! transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::bug;
use crate::bug::Bug;
use crate::clock::Clock;
use crate::codec::month::Month;
use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, AuditRecord, AuditSubject};
use crate::domain::journal::ledger_settings::LedgerSettings;
use crate::domain::journal::movement::{Level, Subcategory};
use crate::ledger::handle::Ledger;
use crate::ledger::write::batch::{BatchError, WriterContext};
use crate::ledger::write::customer_state::load;
use crate::ledger::write::unit_of_work::UnitOfWork;
use crate::store::audit::entry::hex;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::facts::customer;
use crate::store::tenants::closing::{self, Closing};
use crate::store::tenants::tenant;
use crate::store::totals::movement_total;
use crate::store::totals::movement_total::{Sum, TotalKey};
use crate::store::{audit, journal};

/// Number of customers whose provisional entries are carried over at once.
const PAGE: i64 = 500;
/// Attempts while other processes hold the books.
const MAX_ATTEMPTS: usize = 5;

/// Failure to close or reopen a month.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PeriodError {
    #[error("{0} has not ended yet; a month is closed when it is over (R16)")]
    NotOver(Month),
    #[error("{0} is closed already")]
    Closed(Month),
    #[error("{next} is the next month to close; months are closed in order, and none is skipped (R16)")]
    NotNext { next: Month },
    #[error("no month is closed")]
    NoneClosed,
    #[error("{last} is the last closed month; months are reopened from the last one on (R16)")]
    NotLast { last: Month },
    #[error("customers are still being replayed under a changed policy; try again when that is done")]
    PolicyPending,
    /// Other processes kept writing.
    #[error("the books are being changed by other requests")]
    Conflict,
    #[error(transparent)]
    Bug(#[from] Bug),
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for PeriodError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Bug(bug) => Self::Bug(bug),
            error => Self::Store(Arc::new(error)),
        }
    }
}

impl From<BatchError> for PeriodError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Stale => Self::Conflict,
            BatchError::Failed { error, .. } => error.into(),
        }
    }
}

/// Change of a month's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PeriodChange {
    Close,
    Reopen,
}

impl Ledger {
    /// Closes a month: first the month of the first entry, then one after the other.
    pub async fn close_month(&self, month: Month, reason: &str, actor: &Actor) -> Result<Closing, PeriodError> {
        self.change_month(PeriodChange::Close, month, reason, actor).await
    }

    /// Reopens the last closed month. Entries that were posted later because it was closed stay there.
    pub async fn reopen_month(&self, month: Month, reason: &str, actor: &Actor) -> Result<Closing, PeriodError> {
        self.change_month(PeriodChange::Reopen, month, reason, actor).await
    }

    /// Runs in a task of its own, so that a caller that goes away does not end it half-way.
    async fn change_month(
        &self,
        change: PeriodChange,
        month: Month,
        reason: &str,
        actor: &Actor,
    ) -> Result<Closing, PeriodError> {
        let (context, clock) = (self.context.clone(), self.clock.clone());
        let (reason, actor) = (reason.to_owned(), actor.clone());
        let work = tokio::spawn(async move {
            let mut attempts = 1;
            loop {
                match context.change_month(change, month, &reason, &actor, &clock).await {
                    Err(PeriodError::Conflict) if attempts < MAX_ATTEMPTS => {}
                    Err(PeriodError::Store(error)) if error.is_busy() && attempts < MAX_ATTEMPTS => {}
                    result => return result,
                }
                attempts += 1;
            }
        });
        work.await.map_err(|error| bug!("changing the period {month} panicked: {error}"))?
    }
}

impl WriterContext {
    async fn change_month(
        &self,
        change: PeriodChange,
        month: Month,
        reason: &str,
        actor: &Actor,
        clock: &Clock,
    ) -> Result<Closing, PeriodError> {
        let mut tx = self.db.write().await?;
        tenant::hold_alone(&mut tx, &self.tenant_id).await?;
        // Read under the lock: later than every committed entry. An attempt that fails reads the clock again.
        let now = clock.now();
        let books = tenant::books(&mut tx, &self.tenant_id).await?;
        let history = closing::all(&mut tx, &self.tenant_id).await?;
        let (open_from, digest) = match change {
            PeriodChange::Close => {
                let first = movement_total::first_month(&mut tx, &self.tenant_id).await?.map(Month::of);
                check_close(month, &books, &history, first, now)?;
                self.check_policy_is_in_force(&mut tx, &books).await?;
                self.carry_over(&mut tx, month, &books, actor, now).await?;
                let totals = movement_total::of_month(&mut tx, &self.tenant_id, month.start()).await?;
                (month.end(), Some(period_digest(month, &totals)))
            }
            PeriodChange::Reopen => {
                check_reopen(month, &history)?;
                // The first close also closed every month before it.
                let is_first = closed_months(&history).len() == 1;
                (if is_first { LedgerSettings::default().open_from } else { month.start() }, None)
            }
        };
        let next = LedgerSettings { version: next_books_version(&books)?, open_from, ..books };
        tenant::change(&mut tx, &self.tenant_id, &next).await?;
        let sequence = history.last().map_or(Some(1), |last| last.sequence.checked_add(1));
        let closing = Closing {
            sequence: sequence.ok_or_else(|| bug!("no sequence is left for the closing of {month}"))?,
            month: month.start(),
            is_closed: change == PeriodChange::Close,
            digest,
            recorded_at: now,
            actor: actor.name.to_string(),
            reason: reason.to_owned(),
        };
        closing::append(&mut tx, &self.tenant_id, &closing).await?;
        audit::append(&mut tx, &self.tenant_id, &[audit_record(&closing, actor)], now).await?;
        tx.commit().await?;
        self.cache.clear();
        Ok(closing)
    }

    /// Fails while customers are still to be replayed under a changed policy: replayed after the close, they would bring
    /// adjustments without a visible reason.
    async fn check_policy_is_in_force(&self, tx: &mut Tx, books: &LedgerSettings) -> Result<(), PeriodError> {
        let version = books.policy_version;
        if version == 0 || customer::derived_before(tx, &self.tenant_id, version, None, 1).await?.is_empty() {
            return Ok(());
        }
        Err(PeriodError::PolicyPending)
    }

    /// Posts provisional entries of the month in the next month instead, as adjustments: otherwise they would come to
    /// count in a closed month.
    async fn carry_over(
        &self,
        tx: &mut Tx,
        month: Month,
        books: &LedgerSettings,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<(), PeriodError> {
        let today = books.policy.date_of(now);
        loop {
            let page = journal::with_provisional(tx, &self.tenant_id, today, month.end(), PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let customers: Vec<&CustomerId> = page.iter().collect();
            let customers = load(tx, &self.tenant_id, &customers, true).await?;
            let mut work = UnitOfWork::new(&self.tenant_id, customers, now);
            for customer_id in &page {
                work.carry_over(customer_id, today, month.end(), actor)?;
            }
            self.append(tx, &mut work, now).await?;
        }
    }
}

fn check_close(
    month: Month,
    books: &LedgerSettings,
    history: &[Closing],
    first: Option<Month>,
    now: DateTime<Utc>,
) -> Result<(), PeriodError> {
    let last = closed_months(history).last().copied();
    if last.is_some_and(|last| month <= last) {
        return Err(PeriodError::Closed(month));
    }
    if books.policy.date_of(now) < month.end() {
        return Err(PeriodError::NotOver(month));
    }
    let next = last.map_or(first, |last| Some(last.next()));
    match next {
        Some(next) if next != month => Err(PeriodError::NotNext { next }),
        Some(_) | None => Ok(()),
    }
}

fn check_reopen(month: Month, history: &[Closing]) -> Result<(), PeriodError> {
    match closed_months(history).last() {
        None => Err(PeriodError::NoneClosed),
        Some(last) if *last != month => Err(PeriodError::NotLast { last: *last }),
        Some(_) => Ok(()),
    }
}

/// Version of the books after a change.
pub(in crate::ledger) fn next_books_version(books: &LedgerSettings) -> Result<i64, Bug> {
    books.version.checked_add(1).ok_or_else(|| bug!("no version of the books after {}", books.version))
}

/// Months that are closed, in order.
#[must_use]
pub fn closed_months(history: &[Closing]) -> Vec<Month> {
    let mut closed = Vec::new();
    for closing in history {
        let month = Month::of(closing.month);
        closed.retain(|closed| *closed != month);
        if closing.is_closed {
            closed.push(month);
        }
    }
    closed
}

/// Digest of a closed month: SHA-256 of its totals, in hexadecimal digits. The hashed text has a line for each level,
/// currency and subcategory, own movements and adjustments apart, unless its total is zero. (The total of provisional
/// entries that were carried over is zero on every date.)
pub(in crate::ledger) fn period_digest<'t>(
    month: Month,
    totals: impl IntoIterator<Item = (&'t TotalKey, &'t Sum)>,
) -> String {
    let mut sums: BTreeMap<(Level, &str, Subcategory, bool), Sum> = BTreeMap::new();
    for (key, sum) in totals.into_iter().filter(|(key, _)| key.date == month.start()) {
        sums.entry((key.level, &key.currency, key.subcategory, key.is_adjustment)).or_default().add(*sum);
    }
    let mut hash = Sha256::new();
    hash.update(format!("totals of {month}\n"));
    for ((level, currency, subcategory, is_adjustment), sum) in sums {
        if sum == Sum::default() {
            continue;
        }
        let kind = if is_adjustment { "adjustments" } else { "movements" };
        let (amount, movements) = (sum.amount(), sum.movements);
        hash.update(format!("{level} {currency} {subcategory} {kind} {amount} {movements}\n"));
    }
    hex(&hash.finalize())
}

/// State of a month after it was closed or reopened, in the words of the audit trail.
pub(in crate::ledger) fn period_state(closing: &Closing) -> String {
    match &closing.digest {
        Some(digest) => format!("closed, digest {digest}"),
        None => "open".to_owned(),
    }
}

fn audit_record(closing: &Closing, actor: &Actor) -> AuditRecord {
    let (action, before) =
        if closing.is_closed { (Action::PeriodClosed, "open") } else { (Action::PeriodReopened, "closed") };
    let record = AuditRecord::new(action, AuditSubject::Period(closing.month), actor);
    record.before(before).after(period_state(closing)).reason(&closing.reason)
}

/// Lists the closings and reopenings of a tenant's months, in order.
pub async fn list_closings(db: &Db, tenant_id: &TenantId) -> Result<Vec<Closing>, StoreError> {
    let mut tx = db.read().await?;
    closing::all(&mut tx, tenant_id).await
}
