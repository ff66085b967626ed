//! Pages of movements.

pub(crate) mod filter_pushdown;
pub mod journal_feed;
pub mod journal_reader;
pub mod movement_query;
pub(crate) mod override_match;
pub(crate) mod traces;

use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::reports::error::ReportError;
use crate::reports::movements::movement_query::Selection;
use crate::store::db::Db;
use crate::store::journal::movement_page::{Cursor, MovementOrder};

/// Default number of movements in a page.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// Maximum number of movements in a page.
pub const MAX_PAGE_SIZE: i64 = 1_000;
/// Entries in a query when an expression is evaluated.
const SCAN: i64 = 1_000;
/// Maximum number of entries evaluated for one page, after which the page ends short.
pub const MAX_SCANNED: i64 = 20_000;

/// Page of entries, with the cursor of the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementPage {
    pub entries: Vec<Entry>,
    /// None on the last page. The next page may be empty.
    pub next: Option<Cursor>,
}

/// Lists at most `size` entries after a cursor (None: from the beginning). Fewer, where many entries had to be
/// evaluated.
pub async fn movements(
    db: &Db,
    tenant_id: &TenantId,
    selection: &Selection,
    order: MovementOrder,
    after: Option<Cursor>,
    size: i64,
) -> Result<MovementPage, ReportError> {
    let size = size.clamp(1, MAX_PAGE_SIZE);
    let mut tx = db.read().await?;
    // One more than the page holds tells whether there is another page.
    let limit = if selection.is_plain() { size.saturating_add(1) } else { SCAN };
    let cursor = |entry: &Entry| Cursor::of(entry, order);
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let (mut entries, mut place, mut scanned) = (Vec::new(), after, 0_i64);
    loop {
        let found = selection.candidates(&mut tx, tenant_id, order, place, limit).await?;
        let is_last = i64::try_from(found.len()).is_ok_and(|count| count < limit);
        place = found.last().map(cursor);
        entries.extend(selection.keep(&mut tx, tenant_id, found).await?);
        scanned = scanned.saturating_add(limit);
        if entries.len() > fits {
            entries.truncate(fits);
            let next = entries.last().map(cursor);
            return Ok(MovementPage { entries, next });
        }
        if is_last {
            return Ok(MovementPage { entries, next: None });
        }
        if scanned >= MAX_SCANNED {
            return Ok(MovementPage { entries, next: place });
        }
    }
}
