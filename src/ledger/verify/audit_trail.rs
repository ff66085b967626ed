//! Verifies the audit trail: every row, their order, and the end of the hash chain.

use crate::domain::ids::TenantId;
use crate::domain::journal::audit::Head;
use crate::store::audit::{self, NO_HASH};
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;

/// Number of rows that are read together.
const PAGE: i64 = 5_000;

/// Result of verifying an audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailVerification {
    /// Number of rows from the first on that are unchanged.
    pub rows: i64,
    /// Stored head: the number and hash of the last row.
    pub head: Option<Head>,
    /// First defect of the trail.
    pub defect: Option<TrailDefect>,
}

/// Defect of an audit trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrailDefect {
    #[error("row {0} is missing")]
    Missing(i64),
    #[error("row {0} is not as it was written, or not where it was written")]
    Changed(i64),
    #[error("row {0} is the last one, but the trail had {1}: its end was cut off")]
    Cut(i64, i64),
    #[error("row {0} was not written by the service: the trail had ended before it")]
    Added(i64),
    #[error("row {0} is not the one that was kept elsewhere")]
    NotAsKept(i64),
    #[error("the head of the trail is missing")]
    NoHead,
}

impl TrailDefect {
    /// Number of the first defective row; 0 for the head.
    #[must_use]
    pub fn row(&self) -> i64 {
        match self {
            Self::Missing(row) | Self::Changed(row) | Self::Added(row) | Self::NotAsKept(row) => *row,
            Self::Cut(last, _) => last + 1,
            Self::NoHead => 0,
        }
    }
}

/// Verifies the audit trail of a tenant: each row's hash, that no row is missing, and that it ends at its head. `kept` is a
/// head that was kept elsewhere: it reveals a trail that was cut off and given a new head.
pub async fn verify_audit_trail(
    db: &Db,
    tenant_id: &TenantId,
    kept: Option<&Head>,
) -> Result<TrailVerification, StoreError> {
    let mut tx = db.read().await?;
    verify_trail(&mut tx, tenant_id, kept).await
}

pub(in crate::ledger) async fn verify_trail(
    tx: &mut Tx,
    tenant_id: &TenantId,
    kept: Option<&Head>,
) -> Result<TrailVerification, StoreError> {
    let head = audit::head(tx, tenant_id).await?;
    let (mut last, mut hash) = (0_i64, NO_HASH.to_owned());
    let has_other_beginning = kept.is_some_and(|kept| kept.sequence == 0 && kept.hash != NO_HASH);
    let mut defect = has_other_beginning.then_some(TrailDefect::NotAsKept(0));
    'pages: loop {
        let page = audit::after(tx, tenant_id, last, PAGE).await?;
        if page.is_empty() || defect.is_some() {
            break;
        }
        for row in page {
            let next = last + 1;
            defect = if row.sequence != next {
                Some(TrailDefect::Missing(next))
            } else if row.hash != row.hash_after(tenant_id, &hash) {
                Some(TrailDefect::Changed(next))
            } else if kept.is_some_and(|kept| kept.sequence == next && kept.hash != row.hash) {
                Some(TrailDefect::NotAsKept(next))
            } else {
                None
            };
            if defect.is_some() {
                break 'pages;
            }
            (last, hash) = (next, row.hash);
        }
    }
    let defect = defect.or_else(|| check_end(last, &hash, head.as_ref(), kept));
    Ok(TrailVerification { rows: last, head, defect })
}

/// Checks the end of a trail whose rows are all unchanged.
fn check_end(last: i64, hash: &str, head: Option<&Head>, kept: Option<&Head>) -> Option<TrailDefect> {
    let Some(head) = head else { return Some(TrailDefect::NoHead) };
    if let Some(kept) = kept.filter(|kept| kept.sequence > last) {
        return Some(TrailDefect::Cut(last, kept.sequence));
    }
    match head.sequence.cmp(&last) {
        std::cmp::Ordering::Greater => Some(TrailDefect::Cut(last, head.sequence)),
        std::cmp::Ordering::Less => Some(TrailDefect::Added(head.sequence + 1)),
        std::cmp::Ordering::Equal => (head.hash != hash).then_some(TrailDefect::Changed(last)),
    }
}
