//! The item that a customer is on, for events (R18): what the receivers call a plan.

use std::cmp::Reverse;

use chrono::NaiveDate;

use crate::domain::classify::group::ItemPositions;
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::{Level, Movement};
use crate::domain::runs::runs;

/// The item of a customer at the end of a date, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub date: NaiveDate,
    pub currency: Currency,
    pub item_id: ItemId,
}

/// Adds the plans after the movements of a date, one for each currency; `items` are as they are after them.
pub(in crate::domain) fn add_plans<'m>(
    plans: &mut Vec<Plan>,
    movements: impl Iterator<Item = &'m Movement>,
    items: &ItemPositions<'_>,
) {
    let mut changed: Vec<&Movement> = movements.filter(|movement| movement.level == Level::Customer).collect();
    // The largest change first; of equals the first in the journal.
    changed.sort_by_key(|movement| (movement.currency, Reverse(movement.delta.micros().unsigned_abs())));
    for (largest, changed) in runs(&changed, |movement| movement.currency) {
        let (date, currency) = (largest.effective_date, largest.currency);
        let held = changed.iter().map(|movement| &movement.item_id).find(|item| items.is_held(currency, item));
        let item_id = held.or_else(|| items.largest(Some(currency))).or_else(|| items.largest(None));
        let item_id = item_id.unwrap_or(&largest.item_id).clone();
        plans.push(Plan { date, currency, item_id });
    }
}
