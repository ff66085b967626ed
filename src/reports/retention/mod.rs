//! Retention ratios from the columns of the waterfall, from ended terms, and from customer counts. `docs/retention.md`
//! has the formulas and their reasons.

pub mod cohorts;
pub mod customers;

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::month::Month;
use crate::codec::periods::Periods;
use crate::domain::ids::{Currency, TenantId};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::rounding::Ratio;
use crate::domain::rounding::{average, ratio};
use crate::reports::customer_history::each_history;
use crate::reports::error::ReportError;
use crate::reports::retention::customers::{Count, Customers};
use crate::reports::scope::MonthsQuery;
use crate::reports::waterfall::{Period, Step, Waterfall, WaterfallQuery, waterfalls};
use crate::store::db::Db;
use crate::store::reports::renewals::{self, Renewals};

/// Retention of a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    pub currency: Currency,
    /// Retention by month.
    pub periods: Vec<Kept>,
    /// Retention over all months.
    pub span: Kept,
}

/// Retention over a span. A ratio with denominator 0 is None.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub start: NaiveDate,
    /// First date after the span.
    pub end: NaiveDate,
    pub opening: Money,
    pub closing: Money,
    pub net_revenue_retention: Option<Ratio>,
    pub gross_revenue_retention: Option<Ratio>,
    pub logo_churn: Option<Ratio>,
    pub quick_ratio: Option<Ratio>,
    pub renewal_rate: Option<Ratio>,
    pub renewals: Renewals,
    /// Average revenue per account.
    pub arpa: Option<Money>,
    pub customers: Customers,
    pub customers_at_end: i64,
}

/// Inputs of the ratios.
#[derive(Debug, Clone, Copy, Default)]
struct Columns {
    /// New and reactivation.
    won: Money,
    upsell: Money,
    /// Downsell and churn; negative.
    lost: Money,
    renewals: Renewals,
}

impl Columns {
    fn of(period: &Period, renewals: Renewals) -> Result<Self, OutOfRange> {
        let amount = |step| period.steps.get(&step).map(|sum| sum.amount).unwrap_or_default();
        Ok(Self {
            won: amount(Step::New).checked_add(amount(Step::Reactivation))?,
            upsell: amount(Step::Upsell),
            lost: amount(Step::Downsell).checked_add(amount(Step::Churn))?,
            renewals,
        })
    }

    fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
        Ok(Self {
            won: self.won.checked_add(other.won)?,
            upsell: self.upsell.checked_add(other.upsell)?,
            lost: self.lost.checked_add(other.lost)?,
            renewals: self.renewals.checked_add(other.renewals)?,
        })
    }
}

/// Computes the retention of each currency with movements.
pub async fn retention(
    db: &Db,
    tenant_id: &TenantId,
    query: &MonthsQuery,
    now: DateTime<Utc>,
) -> Result<Vec<Retention>, ReportError> {
    let mut tx = db.read().await?;
    let today = query.scope.today(&mut tx, tenant_id, now).await?;
    let filter = query.scope.filter(today);
    let (first, last) = (query.first.start(), query.last.last_date());
    let months = WaterfallQuery::plain(query.scope.clone(), Periods::months(query.first, query.last));
    let waterfalls = waterfalls(&mut tx, tenant_id, &months, today).await?;
    let renewals = renewals::by_month(&mut tx, tenant_id, &filter, first, last).await?;
    let months = (query.first, query.last);
    let count = if filter.is_of_totals() {
        Count::of_totals(&mut tx, tenant_id, months, today).await?
    } else {
        let mut count = Count::default();
        each_history(&mut tx, tenant_id, &query.scope, today, months, |history| count.take(history)).await?;
        count
    };
    let of = |waterfall: &Waterfall| {
        let of_month = |month: Month| renewals.get(&(waterfall.currency, month.start())).copied().unwrap_or_default();
        of_currency(waterfall, of_month, &count)
    };
    waterfalls.iter().map(of).collect()
}

fn of_currency(
    waterfall: &Waterfall,
    renewals: impl Fn(Month) -> Renewals,
    count: &Count,
) -> Result<Retention, ReportError> {
    let months: Vec<Month> = waterfall.periods.iter().map(|period| Month::of(period.start)).collect();
    let (customers, of_span) = count.of(waterfall.currency, &months)?;
    let mut all = Columns::default();
    let mut periods = Vec::with_capacity(months.len());
    for (period, customers) in waterfall.periods.iter().zip(customers) {
        let columns = Columns::of(period, renewals(Month::of(period.start)))?;
        all = all.checked_add(columns)?;
        periods.push(kept((period, period), &columns, customers)?);
    }
    let ends = waterfall.periods.first().zip(waterfall.periods.last()).ok_or(OutOfRange)?;
    Ok(Retention { currency: waterfall.currency, periods, span: kept(ends, &all, of_span)? })
}

/// Joins the beginning of one month with the end of another.
fn kept((first, last): (&Period, &Period), columns: &Columns, customers: Customers) -> Result<Kept, OutOfRange> {
    let Columns { won, upsell, lost, renewals } = *columns;
    let (opening, closing) = (first.opening, last.closing);
    let of_money = |numerator: Money, denominator: Money| ratio(numerator.micros(), denominator.micros());
    let stayed = opening.checked_add(lost)?;
    let customers_at_end = customers.at_end()?;
    Ok(Kept {
        start: first.start,
        end: last.end,
        opening,
        closing,
        net_revenue_retention: of_money(stayed.checked_add(upsell)?, opening)?,
        // A correction of an earlier month can exceed the losses; the ratio is capped at 1.
        gross_revenue_retention: of_money(stayed, opening)?.map(|kept| kept.min(Ratio::ONE)),
        logo_churn: ratio(customers.churned, customers.at_start)?,
        quick_ratio: of_money(won.checked_add(upsell)?, lost.checked_neg()?)?,
        renewal_rate: of_money(renewals.renewed, renewals.renewed.checked_add(renewals.lapsed)?)?,
        renewals,
        arpa: average(closing, customers_at_end)?,
        customers,
        customers_at_end,
    })
}
