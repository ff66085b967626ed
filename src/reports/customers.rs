//! How many customers there are, and how many came and left: people, whatever number of movements they have.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ReportError;
use crate::domain::ids::Currency;
use crate::domain::money::OutOfRange;
use crate::form::month::Month;
use crate::store::accounts::{AccountPart, Turn};
use crate::store::total::Sum;

/// Customers of a currency, in a month or in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Customers {
    pub at_start: i64,
    /// At the end, but not at the start.
    pub new: i64,
    /// At the start, but not at the end.
    pub churned: i64,
}

impl Customers {
    pub fn at_end(&self) -> Result<i64, OutOfRange> {
        self.at_start.checked_add(self.new).and_then(|sum| sum.checked_sub(self.churned)).ok_or(OutOfRange)
    }

    /// The same customers at the start as at the end of a month before.
    fn after(at_start: i64, moves: Self) -> Self {
        Self { at_start, ..moves }
    }

    fn went(&mut self, before: bool, after: bool) {
        let one_more = |number: &mut i64| *number = number.saturating_add(1);
        match (before, after) {
            (false, true) => one_more(&mut self.new),
            (true, false) => one_more(&mut self.churned),
            (true, true) | (false, false) => {}
        }
    }
}

/// The customers of each currency, counted one after the other.
#[derive(Debug, Default)]
pub struct Count {
    current: Account,
    months: BTreeMap<(Currency, Month), Customers>,
    spans: BTreeMap<Currency, Customers>,
}

/// What is known of one customer.
#[derive(Debug, Default)]
struct Account {
    customer_id: String,
    parts: BTreeMap<Option<Month>, Vec<AccountPart>>,
}

/// A customer at a moment.
#[derive(Debug, Default)]
struct State {
    mrr: BTreeMap<Currency, Sum>,
    /// When they came and left, and how many entries say so; one that was reversed counts as none.
    turns: BTreeMap<(chrono::NaiveDate, Turn, Currency), i64>,
}

impl State {
    fn take(&mut self, part: &AccountPart) {
        self.mrr.entry(part.currency).or_default().add(part.sum);
        if let Some((date, turn)) = part.turn {
            let entries = self.turns.entry((date, turn, part.currency)).or_default();
            *entries = entries.saturating_add(part.sum.movements);
        }
    }

    /// The currencies in which this is a customer: those with MRR; or without any, on a plan that became free, that in
    /// which the customer came last, unless they left since.
    fn currencies(&self) -> BTreeSet<Currency> {
        let paying: BTreeSet<Currency> =
            self.mrr.iter().filter(|(_, sum)| sum.delta > 0).map(|(currency, _)| *currency).collect();
        if !paying.is_empty() {
            return paying;
        }
        match self.turns.iter().rfind(|(_, entries)| **entries > 0) {
            Some(((_, Turn::Came, currency), _)) => BTreeSet::from([*currency]),
            Some(((_, Turn::Left, _), _)) | None => BTreeSet::new(),
        }
    }
}

impl Count {
    /// Takes up the next part; the parts of a customer come together.
    pub fn take(&mut self, part: AccountPart) {
        if part.customer_id != self.current.customer_id {
            self.count_current();
            self.current.customer_id.clone_from(&part.customer_id);
        }
        self.current.parts.entry(part.month.map(Month::of)).or_default().push(part);
    }

    fn count_current(&mut self) {
        let mut parts = std::mem::take(&mut self.current).parts;
        let mut state = State::default();
        for part in parts.remove(&None).unwrap_or_default() {
            state.take(&part);
        }
        let at_start = state.currencies();
        for currency in &at_start {
            let span = self.spans.entry(*currency).or_default();
            span.at_start = span.at_start.saturating_add(1);
        }
        let mut before = at_start.clone();
        // A month without parts changes nothing.
        for (month, parts) in parts.into_iter().filter_map(|(month, parts)| Some((month?, parts))) {
            for part in &parts {
                state.take(part);
            }
            let after = state.currencies();
            for currency in before.union(&after) {
                let customers = self.months.entry((*currency, month)).or_default();
                customers.went(before.contains(currency), after.contains(currency));
            }
            before = after;
        }
        for currency in at_start.union(&before) {
            let span = self.spans.entry(*currency).or_default();
            span.went(at_start.contains(currency), before.contains(currency));
        }
    }

    /// Everybody was taken up.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.count_current();
        self
    }

    /// The customers of a currency in each of these months, and in all of them.
    pub fn of(&self, currency: Currency, months: &[Month]) -> Result<(Vec<Customers>, Customers), ReportError> {
        let span = self.spans.get(&currency).copied().unwrap_or_default();
        let mut at_start = span.at_start;
        let mut counted = Vec::with_capacity(months.len());
        for month in months {
            let moves = self.months.get(&(currency, *month)).copied().unwrap_or_default();
            let customers = Customers::after(at_start, moves);
            at_start = customers.at_end()?;
            counted.push(customers);
        }
        Ok((counted, span))
    }
}
