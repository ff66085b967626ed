//! Export of movements.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::codec::tabular::entry_field::entry_cells;
use crate::codec::tabular::table_writer::TableWriter;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::reports::error::ReportError;
use crate::reports::movements::movement_query::Selection;
use crate::store::db::Tx;
use crate::store::journal::movement_page::{Cursor, EntryRow, MovementOrder};

/// Entries in a query.
const PAGE: i64 = 2_000;
/// Pages read ahead of the writer.
const READ_AHEAD: usize = 1;
/// Interval at which an idle transaction is kept alive.
const PATIENCE: Duration = Duration::from_secs(20);

/// Entries that were read; without an expression to evaluate, the writer parses the rows.
#[derive(Debug)]
pub(super) enum Page {
    Rows(Vec<EntryRow>),
    Entries(Vec<Entry>),
}

/// Remaining entries, read by a task while earlier ones are written.
#[derive(Debug)]
pub(super) struct Movements(mpsc::Receiver<Result<Page, ReportError>>);

impl Movements {
    pub(super) fn read(tx: Tx, tenant_id: TenantId, selection: Selection, order: MovementOrder) -> Self {
        let (pages, receiver) = mpsc::channel(READ_AHEAD);
        tokio::spawn(read_all(tx, tenant_id, selection, order, pages));
        Self(receiver)
    }

    /// Returns the next page; None at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, ReportError> {
        self.0.recv().await.transpose()
    }
}

/// Reads until the end, or until the receiver is dropped.
async fn read_all(
    mut tx: Tx,
    tenant_id: TenantId,
    selection: Selection,
    order: MovementOrder,
    pages: mpsc::Sender<Result<Page, ReportError>>,
) {
    let mut after = None;
    loop {
        let read = tokio::select! {
            biased;
            () = pages.closed() => return,
            read = read(&mut tx, &tenant_id, &selection, order, after) => read,
        };
        let (page, next) = match read {
            Ok((page, next)) => (Ok(page), next),
            Err(error) => (Err(error), None),
        };
        after = next;
        // The database ends a transaction that is idle for long.
        let place = loop {
            match timeout(PATIENCE, pages.reserve()).await {
                Ok(Ok(place)) => break place,
                Ok(Err(_)) => return,
                Err(_) if tx.keep_alive().await.is_err() => return,
                Err(_) => {}
            }
        };
        place.send(page);
        if after.is_none() {
            return;
        }
    }
}

/// Reads the next page, with the cursor of the one after it; None on the last page.
async fn read(
    tx: &mut Tx,
    tenant_id: &TenantId,
    selection: &Selection,
    order: MovementOrder,
    after: Option<Cursor>,
) -> Result<(Page, Option<Cursor>), ReportError> {
    let rows = selection.rows(tx, tenant_id, order, after, PAGE).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let next = rows.last().filter(|_| is_full).map(|last| Cursor::of_row(last, order));
    if selection.is_plain() {
        return Ok((Page::Rows(rows), next));
    }
    let entries = rows.into_iter().map(EntryRow::parse).collect::<Result<_, _>>()?;
    Ok((Page::Entries(selection.keep(tx, tenant_id, entries).await?), next))
}

/// Adds a page to a table on a blocking thread.
pub(super) async fn write(page: Page, mut sheet: TableWriter) -> Result<TableWriter, ReportError> {
    let written = tokio::task::spawn_blocking(move || {
        match page {
            Page::Rows(rows) => rows.into_iter().try_for_each(|row| Ok(sheet.push(&entry_cells(&row.parse()?))?)),
            Page::Entries(entries) => entries.iter().try_for_each(|entry| Ok(sheet.push(&entry_cells(entry))?)),
        }
        .map(|()| sheet)
    });
    written.await.map_err(|_| ReportError::Failed)?
}
