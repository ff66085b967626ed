//! Lists of movements, page by page.

use super::error::ReportError;
use crate::domain::ids::TenantId;
use crate::store::db::Db;
use crate::store::entry::Entry;
use crate::store::movement_page::{Cursor, MovementFilter, MovementOrder, page};

/// Movements in a page, unless asked otherwise.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// The most movements in a page.
pub const MAX_PAGE_SIZE: i64 = 1_000;

/// Some entries, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementPage {
    pub entries: Vec<Entry>,
    /// None: there are no more.
    pub next: Option<Cursor>,
}

/// The page of at most `size` entries behind a cursor (None: the first page).
pub async fn movements(
    db: &Db,
    tenant_id: &TenantId,
    filter: &MovementFilter,
    order: MovementOrder,
    after: Option<Cursor>,
    size: i64,
) -> Result<MovementPage, ReportError> {
    let size = size.clamp(1, MAX_PAGE_SIZE);
    let mut tx = db.read().await?;
    // One more than the page holds tells whether there is another page.
    let mut entries = page(&mut tx, tenant_id, filter, order, after, size.saturating_add(1)).await?;
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = entries.len() > fits;
    entries.truncate(fits);
    let last = entries.last().filter(|_| has_more);
    let next = last.map(|entry| Cursor { effective_date: entry.movement.effective_date, sequence: entry.sequence });
    Ok(MovementPage { entries, next })
}
