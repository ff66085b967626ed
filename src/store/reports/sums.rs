//! Reading what the journal comes to: from the totals, or for one customer from the customer's entries.
//!
//! The totals know only posting dates and what is recorded now. What they do not know is made good by entries, exactly,
//! because totals change only with entries: by effective date, the totals without adjustments (R16) and the adjustments
//! themselves, which are few; as known earlier, less the entries that were recorded since.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::journal::movement::{Level, Subcategory};
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::reports::sum_statements::{
    ADJUSTMENTS, ByUnit, OF_CUSTOMER, OF_CUSTOMER_RESTATED, RECORDED_AFTER, RECORDED_AFTER_RESTATED, THROUGH, TOTALS,
};
use crate::store::totals::movement_total::Sum;

/// By which date entries are counted (R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// By posting date: what a closed month said, it says for ever.
    #[default]
    AsReported,
    /// By effective date: every change in its own month.
    Restated,
}

/// How finely entries are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Month,
    Day,
}

/// Which entries to add up.
#[derive(Debug, Clone, Copy)]
pub struct SumFilter<'f> {
    pub level: Level,
    pub currency: Option<Currency>,
    pub customer: Option<&'f CustomerId>,
    pub view: View,
    /// Only what was recorded by then. None: everything.
    pub known_at: Option<DateTime<Utc>>,
    /// Provisional entries are left out until their date (R11).
    pub today: NaiveDate,
}

impl SumFilter<'_> {
    /// Whether the journal is seen as its totals have it.
    #[must_use]
    pub fn is_of_totals(&self) -> bool {
        self.view == View::AsReported && self.known_at.is_none()
    }
}

/// What entries have in common that are added up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SumKey {
    pub currency: Currency,
    /// The date, or the first of the month; None for everything before the first that was asked for.
    pub date: Option<NaiveDate>,
    pub subcategory: Subcategory,
    /// Posted in another month than its own.
    pub is_adjustment: bool,
}

/// Where a part of the sums is read.
#[derive(Debug, Clone, Copy)]
enum Part<'f> {
    /// From the totals, with or without adjustments.
    Totals(ByUnit),
    OfCustomer(&'f CustomerId),
    Adjustments,
    RecordedAfter(DateTime<Utc>),
}

/// The sums by a unit, in which everything before `first` is one; through the date `last`. Months are whole ones.
pub async fn by_unit(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    unit: Unit,
    dates: (NaiveDate, NaiveDate),
) -> Result<BTreeMap<SumKey, Sum>, StoreError> {
    let mut sums = BTreeMap::new();
    for part in parts(TOTALS, filter) {
        add_part(&mut sums, tx, tenant, filter, part, unit, dates).await?;
    }
    // Whether a sum of nothing has rows says only how its entries were recorded.
    sums.retain(|_, sum| *sum != Sum::default());
    Ok(sums)
}

/// The sums of everything through a date, by currency.
pub async fn through(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    date: NaiveDate,
) -> Result<BTreeMap<Currency, Sum>, StoreError> {
    let mut sums = BTreeMap::new();
    for part in parts(ByUnit { month: THROUGH, day: THROUGH }, filter) {
        add_part(&mut sums, tx, tenant, filter, part, Unit::Day, (date, date)).await?;
    }
    let mut by_currency: BTreeMap<Currency, Sum> = BTreeMap::new();
    for (key, sum) in sums {
        by_currency.entry(key.currency).or_default().add(sum);
    }
    Ok(by_currency)
}

/// Whence the sums come that the filter asks for.
fn parts<'f>(totals: ByUnit, filter: &SumFilter<'f>) -> Vec<Part<'f>> {
    if let Some(customer) = filter.customer {
        return vec![Part::OfCustomer(customer)];
    }
    let mut parts = vec![Part::Totals(totals)];
    if filter.view == View::Restated {
        parts.push(Part::Adjustments);
    }
    parts.extend(filter.known_at.map(Part::RecordedAfter));
    parts
}

/// Reads a part, and adds it; what was recorded too late is taken away.
async fn add_part(
    sums: &mut BTreeMap<SumKey, Sum>,
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    part: Part<'_>,
    unit: Unit,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<(), StoreError> {
    let is_restated = filter.view == View::Restated;
    let statement = match part {
        Part::Totals(totals) => totals,
        Part::OfCustomer(_) if is_restated => OF_CUSTOMER_RESTATED,
        Part::OfCustomer(_) => OF_CUSTOMER,
        Part::Adjustments => ADJUSTMENTS,
        Part::RecordedAfter(_) if is_restated => RECORDED_AFTER_RESTATED,
        Part::RecordedAfter(_) => RECORDED_AFTER,
    };
    let statement = statement.of(unit).on(tx);
    let rows: Vec<Row> = on!(tx, connection => {
        let query = sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.level.as_str())
            .bind(first)
            .bind(last)
            .bind(filter.currency.as_ref().map(Currency::as_str))
            .bind(filter.today);
        let query = match part {
            Part::Totals(_) => query.bind(is_restated),
            Part::OfCustomer(customer) => query.bind(customer.as_str()).bind(filter.known_at.map(Instant)),
            Part::Adjustments => query,
            Part::RecordedAfter(instant) => query.bind(Instant(instant)),
        };
        query.fetch_all(connection).await?
    });
    for row in rows {
        let (key, sum) = row.parse()?;
        let sum = if let Part::RecordedAfter(_) = part { sum.reversed() } else { sum };
        sums.entry(key).or_default().add(sum);
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct Row {
    currency: String,
    date: Option<NaiveDate>,
    subcategory: String,
    is_adjustment: bool,
    delta_units: i64,
    delta_micros: i64,
    movements: i64,
}

impl Row {
    pub fn parse(&self) -> Result<(SumKey, Sum), StoreError> {
        let wrong = |column, text: &str| StoreError::corrupt("totals", text, column, "is not a known one");
        let key = SumKey {
            currency: Currency::parse(&self.currency).map_err(|_| wrong("currency", &self.currency))?,
            date: self.date,
            subcategory: Subcategory::parse(&self.subcategory)
                .ok_or_else(|| wrong("subcategory", &self.subcategory))?,
            is_adjustment: self.is_adjustment,
        };
        Ok((key, Sum::of_parts(self.delta_units, self.delta_micros, self.movements)))
    }
}
