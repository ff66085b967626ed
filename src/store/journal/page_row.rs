//! Rows of pages of the journal. On SQLite all columns come as one value: the driver copies each value on its own, and that
//! would take longer than everything else.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use crate::store::journal::entry_row::EntryRow;

/// A row of a page.
pub(in crate::store) struct PageRow(pub EntryRow);

impl FromRow<'_, PgRow> for PageRow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        EntryRow::from_row(row).map(Self)
    }
}

impl FromRow<'_, SqliteRow> for PageRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let columns = serde_json::from_str(row.try_get(0)?);
        columns.map(Self).map_err(|error| sqlx::Error::Decode(error.into()))
    }
}
