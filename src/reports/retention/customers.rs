//! Customer counts: active, won and lost customers, independent of the number of their movements.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::codec::month::Month;
use crate::domain::ids::{Currency, TenantId};
use crate::domain::journal::customer_activity::CustomerActivity;
use crate::domain::money::OutOfRange;
use crate::reports::customer_history::History;
use crate::reports::error::ReportError;
use crate::store::db::Tx;
use crate::store::totals::customer_total::{ActivityCount, by_month, round_trips};

/// Customer counts of a currency, in a month or in total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Customers {
    pub at_start: i64,
    /// Active at the end, not at the start.
    pub new: i64,
    /// Active at the start, not at the end.
    pub churned: i64,
}

impl Customers {
    pub fn at_end(&self) -> Result<i64, OutOfRange> {
        self.at_start.checked_add(self.new).and_then(|sum| sum.checked_sub(self.churned)).ok_or(OutOfRange)
    }

    /// Starts a month with the customers active at the end of an earlier one.
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

/// Customer counts by currency, built customer by customer.
#[derive(Debug, Default)]
pub struct Count {
    months: BTreeMap<(Currency, Month), Customers>,
    spans: BTreeMap<Currency, Customers>,
}

impl Count {
    /// Counts by the totals, as of today.
    pub(in crate::reports) async fn of_totals(
        tx: &mut Tx,
        tenant_id: &TenantId,
        (first, last): (Month, Month),
        today: NaiveDate,
    ) -> Result<Self, ReportError> {
        let dates = (first.start(), last.last_date());
        let mut count = Self::default();
        for (currency, month, ActivityCount { began, ended }) in by_month(tx, tenant_id, dates, today).await? {
            let span = count.spans.entry(currency).or_default();
            let Some(month) = month else {
                span.at_start = began.saturating_sub(ended);
                continue;
            };
            (span.new, span.churned) = (span.new.saturating_add(began), span.churned.saturating_add(ended));
            let moves = Customers { at_start: 0, new: began, churned: ended };
            count.months.insert((currency, Month::of(month)), moves);
        }
        for (currency, pairs) in round_trips(tx, tenant_id, dates, today).await? {
            let span = count.spans.entry(currency).or_default();
            (span.new, span.churned) = (span.new.saturating_sub(pairs), span.churned.saturating_sub(pairs));
        }
        Ok(count)
    }

    /// Adds one customer.
    pub(in crate::reports) fn take(&mut self, history: History) {
        let mut parts = history.parts;
        let mut activity = CustomerActivity::default();
        for part in parts.remove(&None).unwrap_or_default() {
            activity.add(&part);
        }
        let at_start = activity.currencies();
        for currency in &at_start {
            let span = self.spans.entry(*currency).or_default();
            span.at_start = span.at_start.saturating_add(1);
        }
        let mut before = at_start.clone();
        // A month without parts changes nothing.
        for (month, parts) in parts.into_iter().filter_map(|(month, parts)| Some((month?, parts))) {
            for part in &parts {
                activity.add(part);
            }
            let after = activity.currencies();
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

    /// Customer counts of a currency for each of these months, and in total.
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
