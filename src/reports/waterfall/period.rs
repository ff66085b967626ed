//! One period of a waterfall: what it is made of, and as it is shown.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::journal::movement::Subcategory;
use crate::domain::money::{Money, OutOfRange};
use crate::reports::waterfall::column::{Step, StepSum, Steps};
use crate::store::reports::sums::View;

/// A day, or whole months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub start: NaiveDate,
    /// The first date after it.
    pub end: NaiveDate,
    pub opening: Money,
    pub steps: Steps,
    /// The steps in finer words, and renewals.
    pub subcategories: BTreeMap<Subcategory, StepSum>,
    /// The part of the steps that belongs to months that were closed (R16); None: nothing, as always when restated.
    pub adjustments: Option<Adjustments>,
    /// What changed because rates did; None: nothing is converted.
    pub currency_effect: Option<Money>,
    pub closing: Money,
}

/// Prior-period adjustments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustments {
    /// All of them together; 0 where they only move an amount from one column to another.
    pub amount: Money,
    pub steps: Steps,
}

/// What movements have in common that are one amount: their subcategory, and whether they are adjustments.
pub(super) type Cell = (Subcategory, bool);

/// A period, to the last of its cells. Always: opening + cells + currency effect = closing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub start: NaiveDate,
    /// Its last date.
    pub last: NaiveDate,
    pub opening: Money,
    pub cells: BTreeMap<Cell, StepSum>,
    pub currency_effect: Money,
    pub closing: Money,
}

impl Draft {
    /// Together with the period after it.
    pub fn join(&mut self, next: Self) -> Result<(), OutOfRange> {
        for (cell, sum) in next.cells {
            self.cells.entry(cell).or_default().add(sum)?;
        }
        self.currency_effect = self.currency_effect.checked_add(next.currency_effect)?;
        (self.last, self.closing) = (next.last, next.closing);
        Ok(())
    }

    /// Without what a part of it comes to.
    pub fn take(&mut self, part: &Self) -> Result<(), OutOfRange> {
        for (cell, sum) in &part.cells {
            self.cells.entry(*cell).or_default().take(*sum)?;
        }
        self.opening = self.opening.checked_sub(part.opening)?;
        self.currency_effect = self.currency_effect.checked_sub(part.currency_effect)?;
        self.closing = self.closing.checked_sub(part.closing)?;
        Ok(())
    }

    /// Whether there is nothing in it.
    pub fn is_nothing(&self) -> bool {
        let sums = [self.opening, self.currency_effect, self.closing];
        sums.iter().all(|sum| sum.is_zero()) && self.cells.values().all(|sum| *sum == StepSum::default())
    }

    pub fn shown(self, view: View, is_converted: bool) -> Result<Period, OutOfRange> {
        let (mut steps, mut adjusted) = (Steps::new(), Steps::new());
        let mut subcategories: BTreeMap<Subcategory, StepSum> = BTreeMap::new();
        for ((subcategory, is_adjustment), sum) in self.cells {
            subcategories.entry(subcategory).or_default().add(sum)?;
            let Some(step) = Step::of(subcategory) else { continue };
            steps.entry(step).or_default().add(sum)?;
            if is_adjustment && view == View::AsReported {
                adjusted.entry(step).or_default().add(sum)?;
            }
        }
        Ok(Period {
            start: self.start,
            end: self.last.succ_opt().ok_or(OutOfRange)?,
            opening: self.opening,
            steps,
            subcategories,
            adjustments: together(adjusted)?,
            currency_effect: is_converted.then_some(self.currency_effect),
            closing: self.closing,
        })
    }
}

fn together(steps: Steps) -> Result<Option<Adjustments>, OutOfRange> {
    if steps.is_empty() {
        return Ok(None);
    }
    let amount = steps.values().try_fold(Money::ZERO, |total, sum| total.checked_add(sum.amount))?;
    Ok(Some(Adjustments { amount, steps }))
}
