//! Reports as files: read, written and given away piece by piece, all of it from one state of the journal.

mod movements;

use super::error::ReportError;
use crate::domain::ids::TenantId;
use crate::form::sheet::{Format, Sheet};
use crate::store::db::{Db, Tx};
use crate::store::movement_page::{MovementFilter, MovementOrder};
use movements::Movements;

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
    None,
}

impl Export {
    /// The entries of the journal that a filter lets through.
    pub async fn movements(
        db: &Db,
        tenant_id: TenantId,
        filter: MovementFilter,
        order: MovementOrder,
        format: Format,
    ) -> Result<Self, ReportError> {
        let tx = db.read().await?;
        let rows = Rows::Movements(Movements::new(filter, order));
        Ok(Self { tx, tenant_id, rows, sheet: Sheet::new(format, &movements::COLUMNS) })
    }

    /// The next piece of the file; None: that was all.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ReportError> {
        loop {
            let has_more = match &mut self.rows {
                Rows::Movements(rows) => rows.next(&mut self.tx, &self.tenant_id, &mut self.sheet).await?,
                Rows::None => return Ok(None),
            };
            if !has_more {
                self.rows = Rows::None;
            }
            let piece = self.sheet.take();
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }
}
