//! Effect of entries on the waterfall.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::codec::month::Month;
use crate::domain::ids::Currency;
use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::Level;
use crate::domain::money::OutOfRange;
use crate::reports::waterfall::{Step, StepSum};

/// Cell of the waterfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    pub level: Level,
    /// Month of posting.
    pub month: Month,
    pub currency: Currency,
    pub step: Step,
    /// Prior-period adjustment (R16).
    pub is_adjustment: bool,
    /// Date from which reports count it (R11).
    pub counts_from: Option<NaiveDate>,
}

/// Computes the change of each cell that these entries affect.
pub fn waterfall_changes(entries: &[Entry]) -> Result<BTreeMap<Cell, StepSum>, OutOfRange> {
    let mut changes: BTreeMap<Cell, StepSum> = BTreeMap::new();
    for entry in entries {
        let movement = &entry.movement;
        let Some(step) = Step::of(movement.subcategory) else { continue };
        let cell = Cell {
            level: movement.level,
            month: Month::of(entry.posting_date),
            currency: movement.currency,
            step,
            is_adjustment: entry.is_adjustment(),
            counts_from: movement.provisional_until,
        };
        let sum = changes.entry(cell).or_default();
        sum.amount = sum.amount.checked_add(movement.delta)?;
        let movements = if entry.reverses.is_none() { 1 } else { -1 };
        sum.movements = sum.movements.checked_add(movements).ok_or(OutOfRange)?;
    }
    changes.retain(|_, sum| *sum != StepSum::default());
    Ok(changes)
}
