//! Reports as files, streamed in chunks from one snapshot of the journal.

mod movements;
mod mrr;
mod waterfall;

use chrono::{DateTime, Utc};

use crate::codec::tabular::entry_field::entry_columns;
use crate::codec::tabular::table_writer::{Format, TableWriter};
use crate::domain::ids::TenantId;
use crate::reports::error::ReportError;
use crate::reports::export::movements::Movements;
use crate::reports::export::mrr::CustomerMrr;
use crate::reports::movements::movement_query::Selection;
use crate::reports::scope::MonthsQuery;
use crate::reports::waterfall::{WaterfallQuery, waterfalls};
use crate::store::db::Db;
use crate::store::journal::movement_page::MovementOrder;

/// Export in progress. Dropping it releases everything.
#[derive(Debug)]
pub struct Export {
    rows: Rows,
    /// None: the file is complete.
    sheet: Option<TableWriter>,
}

/// Remaining rows.
#[derive(Debug)]
enum Rows {
    Movements(Movements),
    Mrr(Box<CustomerMrr>),
    /// None: all rows are in the table.
    Ready,
    None,
}

impl Export {
    /// Exports the entries of the journal that a query selects.
    pub async fn movements(
        db: &Db,
        tenant_id: TenantId,
        selection: Selection,
        order: MovementOrder,
        format: Format,
    ) -> Result<Self, ReportError> {
        let sheet = TableWriter::new(format, &entry_columns())?;
        let rows = Rows::Movements(Movements::read(db.read().await?, tenant_id, selection, order));
        Ok(Self { rows, sheet: Some(sheet) })
    }

    /// Exports MRR of each customer at the end of each month, where there is any.
    pub async fn mrr(
        db: &Db,
        tenant_id: TenantId,
        query: MonthsQuery,
        format: Format,
        now: DateTime<Utc>,
    ) -> Result<Self, ReportError> {
        let mut tx = db.read().await?;
        let today = query.scope.today(&mut tx, &tenant_id, now).await?;
        let rows = Rows::Mrr(Box::new(CustomerMrr::new(tx, tenant_id, query, today)));
        Ok(Self { rows, sheet: Some(TableWriter::new(format, &mrr::COLUMNS)?) })
    }

    /// Exports the months of the waterfall, computed at once.
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
        let mut sheet = TableWriter::new(format, &waterfall::COLUMNS)?;
        waterfall::add(&months, query.scope.level, &mut sheet)?;
        Ok(Self { rows: Rows::Ready, sheet: Some(sheet) })
    }

    /// Returns the next chunk of the file; None at its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ReportError> {
        while let Some(mut sheet) = self.sheet.take() {
            let piece = sheet.take()?;
            if !piece.is_empty() {
                self.sheet = Some(sheet);
                return Ok(Some(piece));
            }
            let has_more = match &mut self.rows {
                Rows::Movements(rows) => match rows.next().await? {
                    Some(page) => {
                        sheet = movements::write(page, sheet).await?;
                        true
                    }
                    None => false,
                },
                Rows::Mrr(rows) => rows.next(&mut sheet).await?,
                Rows::Ready => false,
                Rows::None => return Ok(None),
            };
            if !has_more {
                self.rows = Rows::None;
                sheet.finish()?;
            }
            self.sheet = Some(sheet);
        }
        Ok(None)
    }
}
