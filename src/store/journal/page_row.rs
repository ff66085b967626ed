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

/// The columns of a [`PageRow`] on SQLite.
macro_rules! columns_as_json {
    () => {
        "json_array(customer_id, sequence, version, recorded_at, posting_date, effective_date, reverses, level, category, \
         subcategory, subscription_id, line_id, item_id, currency, delta_micros, mrr_before_micros, \
         mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, \
         renewed_mrr_micros, json(causes), json(rules), provisional_until)"
    };
}
pub(in crate::store) use columns_as_json;
