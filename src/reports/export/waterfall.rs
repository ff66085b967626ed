//! Export of the roll-forward: months of the waterfall as rows.

use crate::codec::tabular::row_writer::{Column, Kind, Value, maybe};
use crate::codec::tabular::table_writer::{SheetError, TableWriter};
use crate::domain::journal::movement::Level;
use crate::domain::money::Money;
use crate::reports::waterfall::{Step, Waterfall};

pub(super) const COLUMNS: [Column; 13] = [
    Column::new("month", Kind::Date),
    Column::new("level", Kind::Text),
    Column::new("currency", Kind::Text),
    Column::new("opening", Kind::Money),
    Column::new("new", Kind::Money),
    Column::new("reactivation", Kind::Money),
    Column::new("upsell", Kind::Money),
    Column::new("downsell", Kind::Money),
    Column::new("churn", Kind::Money),
    Column::new("ignored", Kind::Money),
    Column::new("closing", Kind::Money),
    Column::new("adjustments", Kind::Money),
    Column::new("currency_effect", Kind::Money),
];

pub(super) fn add(waterfalls: &[Waterfall], level: Level, sheet: &mut TableWriter) -> Result<(), SheetError> {
    for it in waterfalls {
        for period in &it.periods {
            let step = |step| Value::Money(period.steps.get(&step).map_or(Money::ZERO, |sum| sum.amount));
            let [new, reactivation, upsell, downsell, churn, ignored] = Step::ALL.map(step);
            sheet.push(&[
                Value::Date(period.start),
                Value::Text(level.as_str()),
                Value::Text(it.currency.as_str()),
                Value::Money(period.opening),
                new,
                reactivation,
                upsell,
                downsell,
                churn,
                ignored,
                Value::Money(period.closing),
                maybe(period.adjustments.as_ref().map(|it| it.amount), Value::Money),
                maybe(period.currency_effect, Value::Money),
            ])?;
        }
    }
    Ok(())
}
