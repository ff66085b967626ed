//! The roll-forward: the months of the waterfall as the rows of a table.

use crate::domain::money::Money;
use crate::domain::movement::Level;
use crate::form::record::{Value, maybe};
use crate::form::sheet::Sheet;
use crate::reports::waterfall::{Step, Waterfall};

pub(super) const COLUMNS: [&str; 13] = [
    "month",
    "level",
    "currency",
    "opening",
    "new",
    "reactivation",
    "upsell",
    "downsell",
    "churn",
    "ignored",
    "closing",
    "adjustments",
    "currency_effect",
];

pub(super) fn add(waterfalls: &[Waterfall], level: Level, sheet: &mut Sheet) {
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
            ]);
        }
    }
}
