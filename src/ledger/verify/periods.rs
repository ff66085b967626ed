//! R16: checks the closings of months against the audit trail, and their digests against the journal.

use std::collections::BTreeMap;

use crate::codec::month::Month;
use crate::domain::ids::TenantId;
use crate::domain::journal::audit::Action;
use crate::domain::journal::ledger_settings::LedgerSettings;
use crate::ledger::commands::period::{closed_months, period_digest, period_state};
use crate::store::audit::{self, AuditEntry, AuditFilter};
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::tenants::closing::Closing;
use crate::store::totals::movement_total::{Sum, TotalKey};

/// Closings and reopenings in the audit trail, in its order.
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

/// Compares the closings with the audit trail, which cannot be changed unnoticed.
pub(in crate::ledger) fn check_closings(history: &[Closing], audited: &[AuditEntry]) -> Vec<String> {
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
        let kept = (month.as_str(), period_state(closing), closing.actor.as_str(), closing.reason.as_str());
        if kept != (&row.subject, row.after.clone(), &row.actor, &row.reason) || closing.recorded_at != row.recorded_at
        {
            wrong.push(format!(
                "the closing or reopening of {month} differs from row {} of the audit trail",
                row.sequence
            ));
        }
    }
    wrong
}

/// Compares the closed months with the totals of the journal by month.
pub(in crate::ledger) fn check_periods(
    books: &LedgerSettings,
    history: &[Closing],
    months: &BTreeMap<TotalKey, Sum>,
) -> Vec<String> {
    let closed = closed_months(history);
    let mut wrong = Vec::new();
    for month in &closed {
        let last = history.iter().rev().find(|closing| Month::of(closing.month) == *month);
        let kept = last.and_then(|closing| closing.digest.as_deref());
        let now = period_digest(*month, months);
        if kept != Some(&now) {
            let kept = kept.unwrap_or("none");
            wrong.push(format!("{month} was closed with the digest {kept}, the journal now gives {now}"));
        }
    }
    let open_from = closed.last().map_or(LedgerSettings::default().open_from, |last| last.end());
    if books.open_from != open_from {
        wrong.push(format!("the books are open from {}, by the closings from {open_from}", books.open_from));
    }
    wrong
}
