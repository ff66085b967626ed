//! R16: where entries are posted, and that closed months are as they were when they were closed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use crate::codec::month::Month;
use crate::domain::ids::TenantId;
use crate::domain::journal::audit::Action;
use crate::domain::journal::entry::Entry;
use crate::domain::journal::ledger_settings::Books;
use crate::ledger::commands::period::{closed_months, state};
use crate::ledger::period_digest::digest;
use crate::store::audit::{self, AuditEntry, AuditFilter};
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::tenants::closing::Closing;
use crate::store::totals::movement_total::{Sum, TotalKey};

/// An entry is posted on its effective date, or, if that was in a closed month, on the first of a later one.
pub(in crate::ledger) fn wrong_posting_date(entry: &Entry, ever_closed: &BTreeSet<Month>) -> Option<String> {
    let (effective_date, posting_date) = (entry.movement.effective_date, entry.posting_date);
    let is_adjustment = posting_date.day() == 1
        && posting_date > effective_date
        && ever_closed.contains(&Month::of(posting_date).previous());
    (posting_date != effective_date && !is_adjustment)
        .then(|| format!("movement {} of {effective_date} is posted on {posting_date}", entry.sequence))
}

/// What the audit trail has of closings and reopenings, in its order.
pub(in crate::ledger) async fn audited_closings(
    tx: &mut Tx,
    tenant_id: &TenantId,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut all = Vec::new();
    for action in [Action::PeriodClosed, Action::PeriodReopened] {
        let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
        all.extend(audit::page(tx, tenant_id, &filter, None, i64::MAX).await?);
    }
    all.sort_by_key(|row| row.sequence);
    Ok(all)
}

/// The closings that are not as the audit trail has them, which cannot be changed unnoticed.
pub(in crate::ledger) fn wrong_closings(history: &[Closing], audited: &[AuditEntry]) -> Vec<String> {
    let mut wrong = Vec::new();
    if history.len() != audited.len() {
        wrong.push(format!(
            "there are {} closings and reopenings of months, the audit trail has {}",
            history.len(),
            audited.len()
        ));
    }
    for (closing, row) in history.iter().zip(audited) {
        let month = Month::of(closing.month).to_string();
        let kept = (month.as_str(), state(closing), closing.actor.as_str(), closing.reason.as_str());
        if kept != (&row.subject, row.after.clone(), &row.actor, &row.reason) || closing.recorded_at != row.recorded_at
        {
            wrong.push(format!("what was done to {month} is not what row {} of the audit trail says", row.sequence));
        }
    }
    wrong
}

/// What does not fit of the closings, when the journal comes to these totals by month.
pub(in crate::ledger) fn wrong_periods(
    books: &Books,
    history: &[Closing],
    months: &BTreeMap<TotalKey, Sum>,
) -> Vec<String> {
    let closed = closed_months(history);
    let mut wrong = Vec::new();
    for month in &closed {
        let last = history.iter().rev().find(|closing| Month::of(closing.month) == *month);
        let kept = last.and_then(|closing| closing.digest.as_deref());
        let now = digest(*month, months);
        if kept != Some(&now) {
            let kept = kept.unwrap_or("none");
            wrong.push(format!("{month} was closed with the digest {kept}, the journal now gives {now}"));
        }
    }
    let open_from = closed.last().map_or(Books::default().open_from, |last| last.end());
    if books.open_from != open_from {
        wrong.push(format!("the books are open from {}, by the closings from {open_from}", books.open_from));
    }
    wrong
}
