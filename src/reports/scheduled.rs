//! Scheduled movements: journal entries with an effective date ahead.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::TenantId;
use crate::reports::error::ReportError;
use crate::reports::movements::movement_query::Selection;
use crate::reports::movements::{MovementPage, movements};
use crate::store::db::Db;
use crate::store::journal::movement_page::{Cursor, MovementFilter, MovementOrder};
use crate::store::tenants::tenant;

/// Page of scheduled movements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// Today, in the time zone of the books.
    pub today: NaiveDate,
    pub page: MovementPage,
}

/// Lists at most `size` current movements after a cursor that are effective after today.
pub async fn scheduled(
    db: &Db,
    tenant_id: &TenantId,
    filter: &MovementFilter,
    after: Option<Cursor>,
    size: i64,
    now: DateTime<Utc>,
) -> Result<Scheduled, ReportError> {
    let mut tx = db.read().await?;
    let today = tenant::books(&mut tx, tenant_id).await?.policy.date_of(now);
    tx.rollback().await?;
    let tomorrow = Some(today.succ_opt().unwrap_or(today));
    let filter = MovementFilter { effective_from: tomorrow, live_only: true, ..filter.clone() };
    let page =
        movements(db, tenant_id, &Selection::new(filter, None), MovementOrder::EffectiveDate, after, size).await?;
    Ok(Scheduled { today, page })
}
