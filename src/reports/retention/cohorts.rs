//! Retention triangle: cohorts of customers by the period in which they became active.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::codec::granularity::Granularity;
use crate::codec::month::Month;
use crate::domain::ids::{Currency, TenantId};
use crate::domain::journal::customer_activity::CustomerActivity;
use crate::domain::money::{Money, OutOfRange};
use crate::domain::rounding::Ratio;
use crate::domain::rounding::ratio;
use crate::reports::customer_history::{History, each_history};
use crate::reports::error::ReportError;
use crate::reports::scope::Scope;
use crate::store::db::Db;
use crate::store::totals::movement_total::Sum;

/// Query for a triangle.
#[derive(Debug, Clone)]
pub struct CohortQuery {
    pub scope: Scope,
    pub granularity: Granularity,
    pub measure: Measure,
    /// A month of the first and of the last period.
    pub first: Month,
    pub last: Month,
}

impl CohortQuery {
    /// First month of each period.
    #[must_use]
    pub fn periods(&self) -> Vec<Month> {
        let mut periods = Vec::new();
        let mut start = self.granularity.first_of(self.first);
        while start <= self.last {
            periods.push(start);
            start = self.granularity.last_of(start).next();
        }
        periods
    }
}

/// Measure of a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    #[default]
    Mrr,
    Customers,
}

/// Cohorts of a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triangle {
    pub currency: Currency,
    pub cohorts: Vec<Cohort>,
}

/// Cohort: customers who became active in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// First and last month of the period.
    pub months: (Month, Month),
    /// State at the end of this period, and of each after it.
    pub cells: Vec<Cell>,
}

/// State of a cohort at the end of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub value: CellValue,
    /// Share of the first cell.
    pub retention: Option<Ratio>,
}

/// Cell values by the measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellValue {
    Mrr(Money),
    Customers(i64),
}

/// Sums by currency and cohort, at the end of each period.
type Cells = BTreeMap<Currency, BTreeMap<usize, BTreeMap<usize, Sum>>>;

/// Computes the triangle of each currency.
pub async fn cohorts(
    db: &Db,
    tenant_id: &TenantId,
    query: &CohortQuery,
    now: DateTime<Utc>,
) -> Result<Vec<Triangle>, ReportError> {
    let mut tx = db.read().await?;
    let today = query.scope.today(&mut tx, tenant_id, now).await?;
    let periods = query.periods();
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(Vec::new()) };
    let months = (*first, query.granularity.last_of(*last));
    let mut cells = Cells::new();
    let take = |history| add(&mut cells, history, query, &periods);
    each_history(&mut tx, tenant_id, &query.scope, today, months, take).await?;
    let wanted = |currency: &Currency| query.scope.currency.is_none_or(|wanted| wanted == *currency);
    let of_currency = |(currency, cells)| Ok(Triangle { currency, cohorts: triangle(&cells, query, &periods)? });
    cells.into_iter().filter(|(currency, _)| wanted(currency)).map(of_currency).collect()
}

/// Adds a customer's state at the end of each period to the customer's cohort.
fn add(cells: &mut Cells, mut history: History, query: &CohortQuery, periods: &[Month]) {
    let mut activity = CustomerActivity::default();
    for part in history.parts.remove(&None).unwrap_or_default() {
        activity.add(&part);
    }
    if activity.ever_began() {
        return;
    }
    let mut parts = history.parts.into_iter().peekable();
    let mut cohort = None;
    for (number, start) in periods.iter().enumerate() {
        let end = query.granularity.last_of(*start);
        while let Some((_, parts)) = parts.next_if(|(month, _)| month.is_some_and(|month| month <= end)) {
            for part in &parts {
                activity.add(part);
            }
        }
        if cohort.is_none() && activity.ever_began() {
            cohort = Some(number);
        }
        let Some(cohort) = cohort else { continue };
        for (currency, sum) in measured(&activity, query.measure) {
            let row = cells.entry(currency).or_default().entry(cohort).or_default();
            row.entry(number).or_default().add(sum);
        }
    }
}

/// Customer's state in each currency.
fn measured(activity: &CustomerActivity, measure: Measure) -> Vec<(Currency, Sum)> {
    match measure {
        Measure::Mrr => {
            activity.mrr().iter().map(|(currency, mrr)| (*currency, Sum { delta: *mrr, movements: 0 })).collect()
        }
        Measure::Customers => {
            let customer_in = activity.currencies();
            let one = |currency| Sum { delta: 0, movements: i64::from(customer_in.contains(currency)) };
            activity.mrr().keys().map(|currency| (*currency, one(currency))).collect()
        }
    }
}

fn triangle(
    cells: &BTreeMap<usize, BTreeMap<usize, Sum>>,
    query: &CohortQuery,
    periods: &[Month],
) -> Result<Vec<Cohort>, OutOfRange> {
    let mut cohorts = Vec::with_capacity(periods.len());
    for (cohort, start) in periods.iter().enumerate() {
        let at = |number| cells.get(&cohort).and_then(|row| row.get(&number)).copied().unwrap_or_default();
        let of_first = at(cohort);
        let made = (cohort..periods.len()).map(|number| cell(at(number), of_first, query.measure));
        let cells = made.collect::<Result<_, _>>()?;
        cohorts.push(Cohort { months: (*start, query.granularity.last_of(*start)), cells });
    }
    Ok(cohorts)
}

fn cell(sum: Sum, of_first: Sum, measure: Measure) -> Result<Cell, OutOfRange> {
    match measure {
        Measure::Mrr => {
            let (mrr, first) = (sum.money()?, of_first.money()?);
            Ok(Cell { value: CellValue::Mrr(mrr), retention: ratio(mrr.micros(), first.micros())? })
        }
        Measure::Customers => {
            let retention = ratio(sum.movements, of_first.movements)?;
            Ok(Cell { value: CellValue::Customers(sum.movements), retention })
        }
    }
}
