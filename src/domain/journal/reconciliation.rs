//! R14: the sums that the movements must come to, computed from the lines and not from the movements.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::error::DomainError;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::Currency;
use crate::domain::journal::movement::{Level, Movement};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::arena::LineIndex;
use crate::domain::replay::customer_timeline::CustomerTimeline;

/// The MRR of the counting lines at the end of each date on which a line changed, by currency and date.
pub type ClosingMrr = BTreeMap<(Currency, NaiveDate), Money>;

/// The MRR of a customer's counting lines over time.
///
/// # Errors
/// [`DomainError::OutOfRange`] when a sum does not fit.
pub fn closing_mrr(facts: &CustomerFacts) -> Result<ClosingMrr, DomainError> {
    let timeline = CustomerTimeline::of(facts)?;
    let mut lines: BTreeMap<LineIndex, Money> = BTreeMap::new();
    let mut totals: BTreeMap<Currency, Money> = BTreeMap::new();
    let mut closing = ClosingMrr::new();
    for atom in &timeline.atoms {
        let currency = timeline.index.lines.get(atom.line)?.line.currency;
        let now = atom.after.position().mrr;
        // Before its first atom a line does not count.
        let before = lines.insert(atom.line, now).unwrap_or(Money::ZERO);
        let total = totals.entry(currency).or_insert(Money::ZERO);
        *total = total.checked_add(now.checked_sub(before)?)?;
        closing.insert((currency, atom.on), *total);
    }
    Ok(closing)
}

/// A date on which the movements of a level do not add up to the MRR of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    pub level: Level,
    pub currency: Currency,
    pub date: NaiveDate,
    pub movements: Money,
    pub lines: Money,
}

/// Compares the running sums of the movements with [`closing_mrr`], at both levels and on every date: R14, and with it
/// that the levels agree.
///
/// # Errors
/// [`OutOfRange`] when a sum does not fit.
pub fn mismatches<'m>(
    movements: impl Iterator<Item = &'m Movement>,
    closing: &ClosingMrr,
) -> Result<Vec<Mismatch>, OutOfRange> {
    let mut changes: BTreeMap<(Level, Currency, NaiveDate), Money> = BTreeMap::new();
    for (currency, date) in closing.keys() {
        for level in Level::ALL {
            changes.entry((*level, *currency, *date)).or_insert(Money::ZERO);
        }
    }
    for movement in movements {
        let change = changes.entry((movement.level, movement.currency, movement.effective_date)).or_insert(Money::ZERO);
        *change = change.checked_add(movement.delta)?;
    }
    let mut running = None;
    let mut found = Vec::new();
    for ((level, currency, date), change) in changes {
        let so_far = match running {
            Some((in_level, in_currency, sum)) if (in_level, in_currency) == (level, currency) => sum,
            _ => Money::ZERO,
        };
        let movements = so_far.checked_add(change)?;
        running = Some((level, currency, movements));
        let up_to_date = closing.range((currency, NaiveDate::MIN)..=(currency, date)).next_back();
        let lines = up_to_date.map_or(Money::ZERO, |(_, total)| *total);
        if movements != lines {
            found.push(Mismatch { level, currency, date, movements, lines });
        }
    }
    Ok(found)
}
