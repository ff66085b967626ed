//! Reports as files: read, written and given away piece by piece, all of it from one state of the journal.

mod movements;
mod mrr;
mod waterfall;

use chrono::{DateTime, Utc};

use super::error::ReportError;
use super::scope::MonthsQuery;
use super::selection::Selection;
use super::waterfall::{WaterfallQuery, waterfalls};
use crate::domain::ids::TenantId;
use crate::form::sheet::{Format, Sheet};
use crate::store::db::{Db, Tx};
use crate::store::movement_page::MovementOrder;
use movements::Movements;
use mrr::CustomerMrr;

/// A report that is on its way into a file. Whoever drops it leaves nothing behind.
#[derive(Debug)]
pub struct Export {
    tx: Tx,
    tenant_id: TenantId,
    rows: Rows,
    sheet: Sheet,
}

/// The rows that are still to come.
#[derive(Debug)]
enum Rows {
    Movements(Movements),
    Mrr(CustomerMrr),
    None,
}

impl Export {
    /// The entries of the journal that a selection lets through.
    pub async fn movements(
        db: &Db,
        tenant_id: TenantId,
        selection: Selection,
        order: MovementOrder,
        format: Format,
    ) -> Result<Self, ReportError> {
        let tx = db.read().await?;
        let rows = Rows::Movements(Movements::new(selection, order));
        Ok(Self { tx, tenant_id, rows, sheet: Sheet::new(format, &movements::columns()) })
    }

    /// MRR of each customer at the end of each month, where there is any.
    pub async fn mrr(
        db: &Db,
        tenant_id: TenantId,
        query: MonthsQuery,
        format: Format,
        now: DateTime<Utc>,
    ) -> Result<Self, ReportError> {
        let mut tx = db.read().await?;
        let today = query.scope.today(&mut tx, &tenant_id, now).await?;
        let rows = Rows::Mrr(CustomerMrr::new(query, today));
        Ok(Self { tx, tenant_id, rows, sheet: Sheet::new(format, &mrr::COLUMNS) })
    }

    /// The months of the waterfall: few, and ready at once.
    pub async fn waterfall(
        db: &Db,
        tenant_id: TenantId,
        query: WaterfallQuery,
        format: Format,
        now: DateTime<Utc>,
    ) -> Result<Self, ReportError> {
        let mut tx = db.read().await?;
        let today = query.scope.today(&mut tx, &tenant_id, now).await?;
        let months = waterfalls(&mut tx, &tenant_id, &query, today).await?;
        let mut sheet = Sheet::new(format, &waterfall::COLUMNS);
        waterfall::add(&months, query.scope.level, &mut sheet);
        Ok(Self { tx, tenant_id, rows: Rows::None, sheet })
    }

    /// The next piece of the file; None: that was all.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ReportError> {
        loop {
            let piece = self.sheet.take();
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            let has_more = match &mut self.rows {
                Rows::Movements(rows) => rows.next(&mut self.tx, &self.tenant_id, &mut self.sheet).await?,
                Rows::Mrr(rows) => rows.next(&mut self.tx, &self.tenant_id, &mut self.sheet).await?,
                Rows::None => return Ok(None),
            };
            if !has_more {
                self.rows = Rows::None;
            }
        }
    }
}
