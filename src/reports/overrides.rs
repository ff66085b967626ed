//! Pages of overrides.

use crate::domain::ids::TenantId;
use crate::reports::error::ReportError;
use crate::store::db::Db;
use crate::store::facts::overrides::{OverridePlace, OverrideQuery, StoredOverride, page};

/// Page of overrides, with the position of the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverridePage {
    pub overrides: Vec<StoredOverride>,
    /// None on the last page.
    pub next: Option<OverridePlace>,
}

/// Lists at most `size` overrides after a position (None: from the beginning).
pub async fn overrides(
    db: &Db,
    tenant_id: &TenantId,
    query: &OverrideQuery,
    after: Option<&OverridePlace>,
    size: i64,
) -> Result<OverridePage, ReportError> {
    let mut tx = db.read().await?;
    // One more than the page holds tells whether there is another page.
    let mut overrides = page(&mut tx, tenant_id, query, after, size.saturating_add(1)).await?;
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = overrides.len() > fits;
    overrides.truncate(fits);
    let next = overrides.last().filter(|_| has_more).map(|last| OverridePlace::of(&last.over));
    Ok(OverridePage { overrides, next })
}
