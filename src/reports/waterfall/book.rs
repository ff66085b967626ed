//! Sums behind the periods of one waterfall: of one currency, or of several converted into one.
//!
//! Rounding. The opening and closing of a period are exact amounts at the rates of the day before it and of its last
//! day, rounded once: a closing equals the next opening, and the result of `GetMrr`. Between them the exact running
//! total passes through the cells. A cell is the increase of the rounded total, so that each is less than a micro-unit
//! off and their sum is exact. The remainder to the closing is the currency effect: exactly the effect of
//! the rates, and 0 at one constant rate.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::codec::granularity::Granularity;
use crate::codec::periods::Periods;
use crate::domain::ids::Currency;
use crate::domain::money::Money;
use crate::domain::rounding::Unrounded;
use crate::reports::conversion::Rates;
use crate::reports::error::ReportError;
use crate::reports::waterfall::column::StepSum;
use crate::reports::waterfall::period::{Cell, Draft};
use crate::store::reports::sums::SumKey;
use crate::store::totals::movement_total::Sum;

/// Sums by currency.
#[derive(Debug, Clone, Default)]
pub(in crate::reports) struct Book {
    /// Sum before the first period.
    openings: BTreeMap<Currency, Sum>,
    /// Sums by the date, or the first of the month.
    moves: BTreeMap<NaiveDate, Vec<(Currency, Cell, Sum)>>,
}

impl Book {
    pub fn add(&mut self, key: SumKey, sum: Sum) {
        match key.date {
            None => self.open(key.currency, sum),
            Some(date) => {
                let cell = (key.subcategory, key.is_adjustment);
                self.moves.entry(date).or_default().push((key.currency, cell, sum));
            }
        }
    }

    /// Adds sums before the first period.
    pub fn open(&mut self, currency: Currency, sum: Sum) {
        self.openings.entry(currency).or_default().add(sum);
    }

    /// Lists every currency.
    pub fn currencies(&self) -> BTreeSet<Currency> {
        let moved = self.moves.values().flatten().map(|(currency, _, _)| *currency);
        self.openings.keys().copied().chain(moved).collect()
    }

    /// Computes the periods in order.
    pub(super) fn periods(mut self, periods: &Periods, rates: &Rates) -> Result<Vec<Draft>, ReportError> {
        let granularity = periods.granularity();
        // A quarter or year is the exact sum of its months.
        let finest = if granularity == Granularity::Day { Granularity::Day } else { Granularity::Month };
        let mut drafts: Vec<Draft> = Vec::new();
        for dates in periods.by(finest) {
            let draft = self.period(dates, rates)?;
            match drafts.last_mut() {
                Some(last) if granularity.start_of(last.start) == granularity.start_of(draft.start) => {
                    last.join(draft)?;
                }
                _ => drafts.push(draft),
            }
        }
        Ok(drafts)
    }

    /// Computes the period of a span; its closing is the next opening.
    fn period(&mut self, (start, last): (NaiveDate, NaiveDate), rates: &Rates) -> Result<Draft, ReportError> {
        let opening = self.worth(start.pred_opt().unwrap_or(start), rates)?;
        let mut cells: BTreeMap<Cell, (Unrounded, i64)> = BTreeMap::new();
        let later = last.succ_opt().map(|next| self.moves.split_off(&next)).unwrap_or_default();
        for (date, moves) in std::mem::replace(&mut self.moves, later) {
            for (currency, cell, sum) in moves {
                let (exact, movements) = cells.entry(cell).or_default();
                *exact = exact.checked_add(rates.convert(currency, date, sum)?)?;
                *movements = movements.saturating_add(sum.movements);
                self.open(currency, sum);
            }
        }
        let (mut total, mut sums) = (opening, BTreeMap::new());
        for (cell, (exact, movements)) in cells {
            let before = total.rounded()?;
            total = total.checked_add(exact)?;
            let amount = total.rounded()?.checked_sub(before)?;
            sums.insert(cell, StepSum { amount, movements });
        }
        let (opening, closing) = (opening.rounded()?, self.worth(last, rates)?.rounded()?);
        let currency_effect = closing.checked_sub(total.rounded()?)?;
        Ok(Draft { start, last, opening, cells: sums, currency_effect, closing })
    }

    /// Amounts at the rates of a date.
    fn worth(&self, date: NaiveDate, rates: &Rates) -> Result<Unrounded, ReportError> {
        self.openings.iter().try_fold(Unrounded::default(), |total, (currency, sum)| {
            Ok(total.checked_add(rates.convert(*currency, date, *sum)?)?)
        })
    }

    /// Total at the rates of a date.
    pub fn mrr(&self, date: NaiveDate, rates: &Rates) -> Result<Money, ReportError> {
        let mut all = Self { openings: self.openings.clone(), moves: BTreeMap::new() };
        self.moves.values().flatten().for_each(|(currency, _, sum)| all.open(*currency, *sum));
        Ok(all.worth(date, rates)?.rounded()?)
    }
}
