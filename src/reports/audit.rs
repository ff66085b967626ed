//! Pages of the audit trail, and its head.

use crate::domain::ids::TenantId;
use crate::domain::journal::audit::Head;
use crate::reports::error::ReportError;
use crate::store::audit::{AuditEntry, AuditFilter, NO_HASH, head, page};
use crate::store::db::Db;

/// Page of the audit trail, latest first, with the position of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// None on the last page.
    pub next: Option<i64>,
}

/// Lists at most `size` entries before one (None: from the latest).
pub async fn audit_entries(
    db: &Db,
    tenant_id: &TenantId,
    filter: &AuditFilter,
    before: Option<i64>,
    size: i64,
) -> Result<AuditPage, ReportError> {
    let mut tx = db.read().await?;
    // One more than the page holds tells whether there is another page.
    let mut entries = page(&mut tx, tenant_id, filter, before, size.saturating_add(1)).await?;
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = entries.len() > fits;
    entries.truncate(fits);
    let next = entries.last().filter(|_| has_more).map(|last| last.sequence);
    Ok(AuditPage { entries, next })
}

/// Latest entry, whose hash covers the whole trail.
pub async fn audit_head(db: &Db, tenant_id: &TenantId) -> Result<Head, ReportError> {
    let mut tx = db.read().await?;
    Ok(head(&mut tx, tenant_id).await?.unwrap_or_else(|| Head { sequence: 0, hash: NO_HASH.to_owned() }))
}
