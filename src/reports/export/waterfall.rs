//! Export of the roll-forward: months of the waterfall as rows.

use crate::codec::tabular::row_writer::{Cell, CellType, TableColumn, maybe};
use crate::codec::tabular::table_writer::{SheetError, TableWriter};
use crate::domain::journal::movement::Level;
use crate::domain::money::Money;
use crate::reports::waterfall::{Step, Waterfall};

pub(super) const COLUMNS: [TableColumn; 13] = [
    TableColumn::new("month", CellType::Date),
    TableColumn::new("level", CellType::Text),
    TableColumn::new("currency", CellType::Text),
    TableColumn::new("opening", CellType::Money),
    TableColumn::new("new", CellType::Money),
    TableColumn::new("reactivation", CellType::Money),
    TableColumn::new("upsell", CellType::Money),
    TableColumn::new("downsell", CellType::Money),
    TableColumn::new("churn", CellType::Money),
    TableColumn::new("ignored", CellType::Money),
    TableColumn::new("closing", CellType::Money),
    TableColumn::new("adjustments", CellType::Money),
    TableColumn::new("currency_effect", CellType::Money),
];

pub(super) fn add(waterfalls: &[Waterfall], level: Level, sheet: &mut TableWriter) -> Result<(), SheetError> {
    for it in waterfalls {
        for period in &it.periods {
            let step = |step| Cell::Money(period.steps.get(&step).map_or(Money::ZERO, |sum| sum.amount));
            let [new, reactivation, upsell, downsell, churn, ignored] = Step::ALL.map(step);
            sheet.push(&[
                Cell::Date(period.start),
                Cell::Text(level.as_str()),
                Cell::Text(it.currency.as_str()),
                Cell::Money(period.opening),
                new,
                reactivation,
                upsell,
                downsell,
                churn,
                ignored,
                Cell::Money(period.closing),
                maybe(period.adjustments.as_ref().map(|it| it.amount), Cell::Money),
                maybe(period.currency_effect, Cell::Money),
            ])?;
        }
    }
    Ok(())
}
