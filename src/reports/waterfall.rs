//! The waterfall: how MRR came from its opening to its closing, month by month, or by quarter or year.
//!
//! opening + new + reactivation + upsell + downsell + churn + ignored = closing, always; a closing is the next opening.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::error::ReportError;
use super::scope::Scope;
use crate::domain::ids::{Currency, TenantId};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::movement::Subcategory;
use crate::form::granularity::Granularity;
use crate::form::month::Month;
use crate::store::db::{Db, Tx};
use crate::store::sums::{SumKey, View, by_month};
use crate::store::total::Sum;

/// Which waterfall.
#[derive(Debug, Clone)]
pub struct WaterfallQuery {
    pub scope: Scope,
    /// In the first and the last period.
    pub first: Month,
    pub last: Month,
    pub granularity: Granularity,
}

/// A currency's months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waterfall {
    pub currency: Currency,
    pub periods: Vec<Period>,
}

/// One month, or several: a quarter or a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub month: Month,
    pub last_month: Month,
    pub opening: Money,
    pub steps: Steps,
    /// The part of the steps that belongs to months that were closed (R16); None: nothing, as always when restated.
    pub adjustments: Option<Adjustments>,
    pub closing: Money,
}

/// Prior-period adjustments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustments {
    /// All of them together; 0 where they only move an amount from one column to another.
    pub amount: Money,
    pub steps: Steps,
}

/// What the columns come to; one without movements is not there.
pub type Steps = BTreeMap<Step, StepSum>;

/// A column between opening and closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Without reactivations.
    New,
    Reactivation,
    Upsell,
    Downsell,
    Churn,
    /// Kept out of the impact totals, shown on its own (R13).
    Ignored,
}

impl Step {
    pub const ALL: [Self; 6] =
        [Self::New, Self::Reactivation, Self::Upsell, Self::Downsell, Self::Churn, Self::Ignored];

    /// The column of a subcategory; renewals move nothing and have none.
    #[must_use]
    pub fn of(subcategory: Subcategory) -> Option<Self> {
        use crate::domain::movement::Category;
        match (subcategory, subcategory.category()) {
            (Subcategory::Reactivation, _) => Some(Self::Reactivation),
            (_, Category::New) => Some(Self::New),
            (_, Category::Upsell) => Some(Self::Upsell),
            (_, Category::Downsell) => Some(Self::Downsell),
            (_, Category::Churn) => Some(Self::Churn),
            (_, Category::Ignored) => Some(Self::Ignored),
            (_, Category::Renewal) => None,
        }
    }
}

/// What a column comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepSum {
    pub amount: Money,
    /// Movements; one that was reversed in the same month counts as none.
    pub movements: i64,
}

impl StepSum {
    fn add(&mut self, sum: Sum) -> Result<(), OutOfRange> {
        self.amount = self.amount.checked_add(sum.money()?)?;
        self.movements = self.movements.checked_add(sum.movements).ok_or(OutOfRange)?;
        Ok(())
    }
}

/// The waterfall of each currency in which there are movements.
pub async fn waterfall(
    db: &Db,
    tenant_id: &TenantId,
    query: &WaterfallQuery,
    now: DateTime<Utc>,
) -> Result<Vec<Waterfall>, ReportError> {
    let mut tx = db.read().await?;
    let today = query.scope.today(&mut tx, tenant_id, now).await?;
    let granularity = query.granularity;
    let (first, last) = (granularity.first_of(query.first), granularity.last_of(query.last));
    let whole = WaterfallQuery { first, last, ..query.clone() };
    let by_month = waterfalls(&mut tx, tenant_id, &whole, today).await?;
    let by_period = |it: Waterfall| Ok(Waterfall { periods: joined(&it.periods, granularity)?, ..it });
    by_month.into_iter().map(by_period).collect()
}

/// Months as longer periods.
fn joined(months: &[Period], granularity: Granularity) -> Result<Vec<Period>, OutOfRange> {
    let are_together = |a: &Period, b: &Period| granularity.first_of(a.month) == granularity.first_of(b.month);
    months
        .chunk_by(are_together)
        .filter_map(|months| months.split_first())
        .map(|(first, rest)| first.with(rest))
        .collect()
}

impl Period {
    /// Together with the months after it.
    fn with(&self, months: &[Self]) -> Result<Self, OutOfRange> {
        let mut all = self.clone();
        let mut adjustments = self.adjustments.as_ref().map(|it| it.steps.clone()).unwrap_or_default();
        for month in months {
            add_steps(&mut all.steps, &month.steps)?;
            if let Some(more) = &month.adjustments {
                add_steps(&mut adjustments, &more.steps)?;
            }
            (all.last_month, all.closing) = (month.last_month, month.closing);
        }
        all.adjustments = together(adjustments)?;
        Ok(all)
    }
}

fn add_steps(steps: &mut Steps, more: &Steps) -> Result<(), OutOfRange> {
    for (step, sum) in more {
        let all = steps.entry(*step).or_default();
        all.amount = all.amount.checked_add(sum.amount)?;
        all.movements = all.movements.checked_add(sum.movements).ok_or(OutOfRange)?;
    }
    Ok(())
}

/// As [`waterfall`], but by month, and as seen by a report that is made on this date.
pub(super) async fn waterfalls(
    tx: &mut Tx,
    tenant_id: &TenantId,
    query: &WaterfallQuery,
    today: NaiveDate,
) -> Result<Vec<Waterfall>, ReportError> {
    let filter = query.scope.filter(today);
    let sums = by_month(tx, tenant_id, &filter, query.first.start(), query.last.last_date()).await?;
    let sums: Vec<(SumKey, Sum)> = sums.into_iter().collect();
    sums.chunk_by(|(a, _), (b, _)| a.currency == b.currency).filter_map(|sums| of_currency(sums, query)).collect()
}

/// The waterfall of sums of one currency.
fn of_currency(sums: &[(SumKey, Sum)], query: &WaterfallQuery) -> Option<Result<Waterfall, ReportError>> {
    let currency = sums.first()?.0.currency;
    let periods = periods(sums, query).map_err(ReportError::from);
    Some(periods.map(|periods| Waterfall { currency, periods }))
}

fn periods(sums: &[(SumKey, Sum)], query: &WaterfallQuery) -> Result<Vec<Period>, OutOfRange> {
    let mut opening = Money::ZERO;
    let mut months: BTreeMap<Month, (Steps, Steps)> = BTreeMap::new();
    for (key, sum) in sums {
        let Some(month) = key.month else {
            opening = opening.checked_add(sum.money()?)?;
            continue;
        };
        if let Some(step) = Step::of(key.subcategory) {
            let (steps, adjustments) = months.entry(Month::of(month)).or_default();
            steps.entry(step).or_default().add(*sum)?;
            if key.is_adjustment && query.scope.view == View::AsReported {
                adjustments.entry(step).or_default().add(*sum)?;
            }
        }
    }
    let mut periods = Vec::new();
    let mut month = query.first;
    while month <= query.last {
        let (steps, adjustments) = months.remove(&month).unwrap_or_default();
        let closing = total(opening, &steps)?;
        periods.push(Period { month, last_month: month, opening, steps, adjustments: together(adjustments)?, closing });
        opening = closing;
        month = month.next();
    }
    Ok(periods)
}

/// An amount and the steps together.
fn total(opening: Money, steps: &Steps) -> Result<Money, OutOfRange> {
    steps.values().try_fold(opening, |total, sum| total.checked_add(sum.amount))
}

fn together(steps: Steps) -> Result<Option<Adjustments>, OutOfRange> {
    if steps.is_empty() {
        return Ok(None);
    }
    Ok(Some(Adjustments { amount: total(Money::ZERO, &steps)?, steps }))
}
