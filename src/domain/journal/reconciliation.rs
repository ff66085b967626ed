//! R14: what the movements must add up to, computed from the lines and not from the movements.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::Currency;
use crate::domain::journal::movement::{Level, Movement};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::customer_timeline::Story;

/// The MRR of the counting lines at the end of each date on which a line changed, by currency and date.
pub type Closings = BTreeMap<(Currency, NaiveDate), Money>;

/// The MRR of a customer's counting lines over time.
///
/// # Errors
/// [`OutOfRange`] when a sum does not fit.
pub fn closings(facts: &CustomerFacts) -> Result<Closings, OutOfRange> {
    let story = Story::of(facts)?;
    let mut lines: BTreeMap<usize, Money> = BTreeMap::new();
    let mut totals: BTreeMap<Currency, Money> = BTreeMap::new();
    let mut closings = Closings::new();
    for atom in &story.atoms {
        let Some(currency) = story.index.lines.get(atom.line).map(|indexed| indexed.line.currency) else { continue };
        let now = atom.after.position().mrr;
        let before = lines.insert(atom.line, now).unwrap_or_default();
        let total = totals.entry(currency).or_default();
        *total = total.checked_add(now.checked_sub(before)?)?;
        closings.insert((currency, atom.on), *total);
    }
    Ok(closings)
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

/// Compares the running sums of the movements with [`closings`], at both levels and on every date: R14, and with it
/// that the levels agree.
///
/// # Errors
/// [`OutOfRange`] when a sum does not fit.
pub fn untruths<'m>(
    movements: impl Iterator<Item = &'m Movement>,
    closings: &Closings,
) -> Result<Vec<Mismatch>, OutOfRange> {
    let mut changes: BTreeMap<(Level, Currency, NaiveDate), Money> = BTreeMap::new();
    for (currency, date) in closings.keys() {
        for level in Level::ALL {
            changes.entry((*level, *currency, *date)).or_default();
        }
    }
    for movement in movements {
        let change = changes.entry((movement.level, movement.currency, movement.effective_date)).or_default();
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
        let up_to_date = closings.range((currency, NaiveDate::MIN)..=(currency, date)).next_back();
        let lines = up_to_date.map_or(Money::ZERO, |(_, total)| *total);
        if movements != lines {
            found.push(Mismatch { level, currency, date, movements, lines });
        }
    }
    Ok(found)
}
