//! Whether the audit trail is as it was written.

use crate::domain::ids::TenantId;
use crate::domain::journal::audit::Head;
use crate::store::audit::{self, NO_HASH};
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;

/// Rows that are read at once.
const PAGE: i64 = 5_000;

/// What verifying an audit trail found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// How many rows are as they were written, from the first on.
    pub rows: i64,
    /// The last row as the store has it.
    pub head: Option<Head>,
    /// What is wrong first, with its row.
    pub problem: Option<Problem>,
}

/// What is wrong with an audit trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
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

impl Problem {
    /// The first row that is wrong; 0 for the head.
    #[must_use]
    pub fn row(&self) -> i64 {
        match self {
            Self::Missing(row) | Self::Changed(row) | Self::Added(row) | Self::NotAsKept(row) => *row,
            Self::Cut(last, _) => last.saturating_add(1),
            Self::NoHead => 0,
        }
    }
}

/// Verifies the audit trail of a tenant: each row's hash, that none is missing, and that it ends where it should. `kept`
/// is a head that was kept elsewhere: with it, a trail is seen that was cut off and given a new head.
pub async fn verify_audit_trail(db: &Db, tenant_id: &TenantId, kept: Option<&Head>) -> Result<Trail, StoreError> {
    let mut tx = db.read().await?;
    verify_trail(&mut tx, tenant_id, kept).await
}

pub(in crate::ledger) async fn verify_trail(
    tx: &mut Tx,
    tenant_id: &TenantId,
    kept: Option<&Head>,
) -> Result<Trail, StoreError> {
    let head = audit::head(tx, tenant_id).await?;
    let (mut last, mut hash) = (0_i64, NO_HASH.to_owned());
    let is_other_beginning = kept.is_some_and(|kept| kept.sequence == 0 && kept.hash != NO_HASH);
    let mut problem = is_other_beginning.then_some(Problem::NotAsKept(0));
    'pages: loop {
        let page = audit::after(tx, tenant_id, last, PAGE).await?;
        if page.is_empty() || problem.is_some() {
            break;
        }
        for row in page {
            let next = last.saturating_add(1);
            problem = if row.sequence != next {
                Some(Problem::Missing(next))
            } else if row.hash != row.hash_after(tenant_id, &hash) {
                Some(Problem::Changed(next))
            } else if kept.is_some_and(|kept| kept.sequence == next && kept.hash != row.hash) {
                Some(Problem::NotAsKept(next))
            } else {
                None
            };
            if problem.is_some() {
                break 'pages;
            }
            (last, hash) = (next, row.hash);
        }
    }
    let problem = problem.or_else(|| wrong_end(last, &hash, head.as_ref(), kept));
    Ok(Trail { rows: last, head, problem })
}

/// What is wrong with where a trail ends, all of whose rows are right.
fn wrong_end(last: i64, hash: &str, head: Option<&Head>, kept: Option<&Head>) -> Option<Problem> {
    let Some(head) = head else { return Some(Problem::NoHead) };
    if let Some(kept) = kept.filter(|kept| kept.sequence > last) {
        return Some(Problem::Cut(last, kept.sequence));
    }
    match head.sequence.cmp(&last) {
        std::cmp::Ordering::Greater => Some(Problem::Cut(last, head.sequence)),
        std::cmp::Ordering::Less => Some(Problem::Added(head.sequence.saturating_add(1))),
        std::cmp::Ordering::Equal => (head.hash != hash).then_some(Problem::Changed(last)),
    }
}
