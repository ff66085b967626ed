//! The waterfall: how MRR came from its opening to its closing, month by month.
//!
//! opening + new + reactivation + upsell + downsell + churn + ignored = closing, always; a closing is the next opening.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::error::ReportError;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::movement::{Level, Subcategory};
use crate::form::month::Month;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::sums::{MonthSum, SumFilter, by_month};

/// Which waterfall.
#[derive(Debug, Clone)]
pub struct WaterfallQuery {
    pub level: Level,
    pub first: Month,
    pub last: Month,
    /// None: all, each on its own.
    pub currency: Option<Currency>,
    /// None: all together.
    pub customer: Option<CustomerId>,
}

/// A currency's months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waterfall {
    pub currency: Currency,
    pub periods: Vec<Period>,
}

/// One month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub month: Month,
    pub opening: Money,
    /// By column.
    pub steps: BTreeMap<Step, StepSum>,
    pub closing: Money,
}

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
    fn of(subcategory: Subcategory) -> Option<Self> {
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

impl Period {
    /// What a column comes to; nothing where it has no movement.
    #[must_use]
    pub fn step(&self, step: Step) -> StepSum {
        self.steps.get(&step).copied().unwrap_or_default()
    }
}

/// The waterfall as reported: by posting date. Provisional movements are left out until their date (R11).
pub async fn waterfall(
    db: &Db,
    tenant_id: &TenantId,
    query: &WaterfallQuery,
    today: NaiveDate,
) -> Result<Vec<Waterfall>, ReportError> {
    let mut tx = db.read().await?;
    let filter = SumFilter {
        level: query.level.as_str(),
        currency: query.currency.as_ref().map(Currency::as_str),
        customer: query.customer.as_ref(),
        today,
    };
    let sums = by_month(&mut tx, tenant_id, filter, query.first.start(), query.last.last_date()).await?;
    sums.chunk_by(|a, b| a.currency == b.currency).map(|sums| of_currency(sums, query)).collect()
}

fn of_currency(sums: &[MonthSum], query: &WaterfallQuery) -> Result<Waterfall, ReportError> {
    let text = sums.first().map_or("", |sum| &sum.currency);
    let currency = Currency::parse(text).map_err(|problem| StoreError::corrupt("entry", text, "currency", problem))?;
    let mut opening = Money::ZERO;
    let mut months: BTreeMap<Month, BTreeMap<Step, StepSum>> = BTreeMap::new();
    for sum in sums {
        let amount = sum.delta()?;
        let Some(month) = sum.posting_month else {
            opening = opening.checked_add(amount)?;
            continue;
        };
        let subcategory = Subcategory::parse(&sum.subcategory).ok_or_else(|| {
            StoreError::corrupt("month_total", month, "subcategory", format!("is {:?}", sum.subcategory))
        })?;
        if let Some(step) = Step::of(subcategory) {
            let column = months.entry(Month::of(month)).or_default().entry(step).or_default();
            column.amount = column.amount.checked_add(amount)?;
            column.movements = column.movements.checked_add(sum.movements).ok_or(OutOfRange)?;
        }
    }
    let mut periods = Vec::new();
    let mut month = query.first;
    while month <= query.last {
        let steps = months.remove(&month).unwrap_or_default();
        let mut closing = opening;
        for sum in steps.values() {
            closing = closing.checked_add(sum.amount)?;
        }
        periods.push(Period { month, opening, steps, closing });
        opening = closing;
        month = month.next();
    }
    Ok(Waterfall { currency, periods })
}
