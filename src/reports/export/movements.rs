//! The list of movements as a table.

use crate::domain::ids::TenantId;
use crate::form::movement::{self, NAMES};
use crate::form::record::{Value, maybe};
use crate::form::sheet::Sheet;
use crate::reports::error::ReportError;
use crate::reports::selection::Selection;
use crate::store::db::Tx;
use crate::store::entry::Entry;
use crate::store::movement_page::{Cursor, MovementOrder};

/// Entries that are read at once.
const PAGE: i64 = 1_000;

/// As `ListMovements` names them.
pub(super) fn columns() -> Vec<&'static str> {
    let (dates, last) = (["posting_date", "recorded_at"], ["reverses_movement_id", "prior_period_adjustment"]);
    among("movement_id", NAMES, dates, last)
}

/// Entries that are still to come.
#[derive(Debug)]
pub(super) struct Movements {
    selection: Selection,
    order: MovementOrder,
    after: Option<Cursor>,
}

impl Movements {
    pub(super) fn new(selection: Selection, order: MovementOrder) -> Self {
        Self { selection, order, after: None }
    }

    /// Adds the next entries; whether there may be more.
    pub(super) async fn next(
        &mut self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        sheet: &mut Sheet,
    ) -> Result<bool, ReportError> {
        let entries = self.selection.candidates(tx, tenant_id, self.order, self.after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(false) };
        self.after = Some(Cursor::of(last, self.order));
        let has_more = i64::try_from(entries.len()).is_ok_and(|count| count == PAGE);
        for entry in &self.selection.keep(tx, tenant_id, entries).await? {
            sheet.push(&values(entry));
        }
        Ok(has_more)
    }
}

fn values(entry: &Entry) -> Vec<Value<'_>> {
    let dates = [Value::Date(entry.posting_date), Value::Instant(entry.recorded_at)];
    let last = [maybe(entry.reverses, Value::Whole), Value::Flag(entry.is_adjustment())];
    among(Value::Whole(entry.sequence), movement::values(&entry.movement), dates, last)
}

/// What an entry has of its own, among what its movement has.
fn among<T>(id: T, of_movement: [T; NAMES.len()], dates: [T; 2], last: [T; 2]) -> Vec<T> {
    let [level, customer_id, effective_date, rest @ ..] = of_movement;
    [id, level, customer_id, effective_date].into_iter().chain(dates).chain(rest).chain(last).collect()
}
