//! R16: closing a month, and opening it again.
//!
//! Whoever does it waits until nobody writes, and keeps everybody from it meanwhile. A close carries over what is still
//! provisional (R11), takes the digest of the month's totals, and lets the books begin with the next month: all in one
//! transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::codec::month::Month;
use crate::domain::actor::Actor;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::{Action, NewAudit};
use crate::domain::journal::ledger_settings::Books;
use crate::ledger::handle::Ledger;
use crate::ledger::period_digest::digest;
use crate::ledger::write::batch::{BatchError, Desk};
use crate::ledger::write::customer_state::load;
use crate::ledger::write::unit_of_work::Draft;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::facts::customer;
use crate::store::tenants::closing::{self, Closing};
use crate::store::tenants::tenant;
use crate::store::totals::movement_total;
use crate::store::{audit, journal};

/// Customers whose provisional entries are carried over at once.
const PAGE: i64 = 500;
/// How often it is tried when others are in the way.
const MAX_ATTEMPTS: usize = 5;

/// Why a month is not closed or reopened.
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
    #[error("the policy was changed, and not every customer is derived anew yet; try again when that is done")]
    PolicyPending,
    /// Others wrote all the time.
    #[error("others write to the books")]
    Conflict,
    #[error("the work ended badly")]
    Failed,
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for PeriodError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<BatchError> for PeriodError {
    fn from(setback: BatchError) -> Self {
        match setback {
            BatchError::Stale => Self::Conflict,
            BatchError::Failed { error, .. } => error.into(),
        }
    }
}

/// What is done to a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Close,
    Reopen,
}

impl Ledger {
    /// Closes a month: the first one ever is that of the first entry, then one after the other.
    pub async fn close_month(&self, month: Month, reason: &str, author: &Actor) -> Result<Closing, PeriodError> {
        self.change_month(Change::Close, month, reason, author).await
    }

    /// Opens the last closed month again. What was posted in later months because it was closed stays there.
    pub async fn reopen_month(&self, month: Month, reason: &str, author: &Actor) -> Result<Closing, PeriodError> {
        self.change_month(Change::Reopen, month, reason, author).await
    }

    /// In a task of its own: a caller who goes away does not end it half-way.
    async fn change_month(
        &self,
        change: Change,
        month: Month,
        reason: &str,
        author: &Actor,
    ) -> Result<Closing, PeriodError> {
        let (desk, clock) = (self.desk.clone(), self.clock.clone());
        let (reason, author) = (reason.to_owned(), author.clone());
        let work = tokio::spawn(async move {
            let mut attempts = 1;
            loop {
                match desk.change_month(change, month, &reason, &author, &clock).await {
                    Err(PeriodError::Conflict) if attempts < MAX_ATTEMPTS => {}
                    Err(PeriodError::Store(error)) if error.is_busy() && attempts < MAX_ATTEMPTS => {}
                    result => return result,
                }
                attempts = attempts.saturating_add(1);
            }
        });
        work.await.map_err(|error| {
            tracing::error!(%error, "closing a month panicked");
            PeriodError::Failed
        })?
    }
}

impl Desk {
    async fn change_month(
        &self,
        change: Change,
        month: Month,
        reason: &str,
        author: &Actor,
        clock: &Clock,
    ) -> Result<Closing, PeriodError> {
        let mut tx = self.db.write().await?;
        tenant::hold_alone(&mut tx, &self.tenant_id).await?;
        // Later than every entry that is committed; who has to decide again looks at the clock again.
        let now = clock.now();
        let books = tenant::books(&mut tx, &self.tenant_id).await?;
        let history = closing::all(&mut tx, &self.tenant_id).await?;
        let (open_from, digest) = match change {
            Change::Close => {
                let first = movement_total::first_month(&mut tx, &self.tenant_id).await?.map(Month::of);
                check_close(month, &books, &history, first, now)?;
                self.check_policy_is_in_force(&mut tx, &books).await?;
                self.carry_over(&mut tx, month, &books, author, now).await?;
                (
                    month.end(),
                    Some(digest(month, &movement_total::of_month(&mut tx, &self.tenant_id, month.start()).await?)),
                )
            }
            Change::Reopen => {
                check_reopen(month, &history)?;
                // The first month that was closed had everything before it closed too.
                let is_first = closed_months(&history).len() == 1;
                (if is_first { Books::default().open_from } else { month.start() }, None)
            }
        };
        let next = Books { version: books.version.saturating_add(1), open_from, ..books };
        tenant::change(&mut tx, &self.tenant_id, &next).await?;
        let sequence = history.last().map_or(0, |last| last.sequence).saturating_add(1);
        let actor = author.actor.to_string();
        let closing = Closing {
            sequence,
            month: month.start(),
            is_closed: change == Change::Close,
            digest,
            recorded_at: now,
            actor,
            reason: reason.to_owned(),
        };
        closing::append(&mut tx, &self.tenant_id, &closing).await?;
        audit::append(&mut tx, &self.tenant_id, &[audited(&closing, month, author)], now).await?;
        tx.commit().await?;
        self.cache.clear();
        Ok(closing)
    }

    /// Derived anew afterwards, a customer would bring adjustments that nobody can explain by then.
    async fn check_policy_is_in_force(&self, tx: &mut Tx, books: &Books) -> Result<(), PeriodError> {
        let version = books.policy_version;
        if version == 0 || customer::derived_before(tx, &self.tenant_id, version, None, 1).await?.is_empty() {
            return Ok(());
        }
        Err(PeriodError::PolicyPending)
    }

    /// What is still provisional would count in the month after it was closed: it is posted in the next month instead,
    /// an adjustment like any other.
    async fn carry_over(
        &self,
        tx: &mut Tx,
        month: Month,
        books: &Books,
        author: &Actor,
        now: DateTime<Utc>,
    ) -> Result<(), PeriodError> {
        let today = books.policy.date_of(now);
        loop {
            let page = journal::with_provisional(tx, &self.tenant_id, today, month.end(), PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let customers: Vec<&CustomerId> = page.iter().collect();
            let known = load(tx, &self.tenant_id, &customers, true).await?;
            let mut draft = Draft::new(&self.tenant_id, known, now);
            for customer_id in &page {
                draft.carry_over(customer_id, today, month.end(), author).map_err(|_| PeriodError::Failed)?;
            }
            self.append(tx, &mut draft, now).await?;
        }
    }
}

fn check_close(
    month: Month,
    books: &Books,
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

/// The months that are closed, in order.
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

/// What a month is after it was closed or reopened, as the audit trail says it.
pub(in crate::ledger) fn state(closing: &Closing) -> String {
    match &closing.digest {
        Some(digest) => format!("closed, digest {digest}"),
        None => "open".to_owned(),
    }
}

fn audited(closing: &Closing, month: Month, author: &Actor) -> NewAudit {
    let (action, before) =
        if closing.is_closed { (Action::PeriodClosed, "open") } else { (Action::PeriodReopened, "closed") };
    NewAudit {
        author: author.clone(),
        action,
        customer_id: None,
        subject: month.to_string(),
        before: before.to_owned(),
        after: state(closing),
        reason: closing.reason.clone(),
    }
}

/// Everything that happened to the months of a tenant, in order.
pub async fn closings(db: &Db, tenant_id: &TenantId) -> Result<Vec<Closing>, StoreError> {
    let mut tx = db.read().await?;
    closing::all(&mut tx, tenant_id).await
}
