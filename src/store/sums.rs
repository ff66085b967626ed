//! Reading what the journal comes to: from the totals, or for one customer from the customer's entries.
//!
//! The totals know only posting dates and what is recorded now. What they do not know is made good by entries, exactly,
//! because totals change only with entries: by effective date, the totals without adjustments (R16) and the adjustments
//! themselves, which are few; as known earlier, less the entries that were recorded since.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::db::{Instant, Statement, Tx, on};
use super::error::StoreError;
use super::total::Sum;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::movement::{Level, Subcategory};

/// By which date entries are counted (R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// By posting date: what a closed month said, it says for ever.
    #[default]
    AsReported,
    /// By effective date: every change in its own month.
    Restated,
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
    /// The first date of the month; None for all months before the first that was asked for.
    pub month: Option<NaiveDate>,
    pub subcategory: Subcategory,
    /// Posted in another month than its own.
    pub is_adjustment: bool,
}

/// Where a part of the sums is read.
#[derive(Debug, Clone, Copy)]
enum Part<'f> {
    /// From the totals, with or without adjustments.
    Totals(Statement),
    OfCustomer(&'f CustomerId),
    Adjustments,
    RecordedAfter(DateTime<Utc>),
}

macro_rules! sums {
    () => {
        "cast(sum(delta_units) as bigint) as delta_units,
        cast(sum(delta_micros) as bigint) as delta_micros,
        cast(sum(movements) as bigint) as movements"
    };
}

pub(super) const MONTHS: Statement = Statement::both(concat!(
    "select currency, case when posting_month >= $3 then posting_month end as month, subcategory, is_adjustment, ",
    sums!(),
    " from month_total
    where tenant_id = $1 and level = $2 and posting_month <= $4
        and (cast($5 as text) is null or currency = $5)
        and counts_from <= $6
        and not ($7 and is_adjustment)
    group by 1, 2, 3, 4"
));

/// Whole months, and the days of the last one, which begins on $3.
pub(super) const DAYS: Statement = Statement::both(concat!(
    "select currency, cast(null as date) as month, subcategory, is_adjustment, ",
    sums!(),
    " from (
        select currency, subcategory, is_adjustment, delta_units, delta_micros, movements from month_total
        where tenant_id = $1 and level = $2 and posting_month < $3
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
            and not ($7 and is_adjustment)
        union all
        select currency, subcategory, is_adjustment, delta_units, delta_micros, movements from day_total
        where tenant_id = $1 and level = $2 and posting_date >= $3 and posting_date <= $4
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
            and not ($7 and is_adjustment)
    ) as part
    group by 1, 2, 3, 4"
));

/// Sums of entries by the month of one of their dates.
macro_rules! of_entries {
    ($month:literal, $date:literal, $which:literal) => {
        concat!(
            "select currency, case when ",
            $date,
            " >= $3 then ",
            $month,
            " end as month, subcategory, posting_date <> effective_date as is_adjustment,
                cast(sum(delta_micros / 1000000) as bigint) as delta_units,
                cast(sum(delta_micros % 1000000) as bigint) as delta_micros,
                cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
            from entry
            where tenant_id = $1 and level = $2 and ",
            $date,
            " <= $4
                and (cast($5 as text) is null or currency = $5)
                and (provisional_until is null or provisional_until <= $6)
                and ",
            $which,
            " group by 1, 2, 3, 4"
        )
    };
}

macro_rules! by_posting_date {
    ($which:literal) => {
        Statement {
            sqlite: of_entries!("substr(posting_date, 1, 7) || '-01'", "posting_date", $which),
            postgres: of_entries!("date_trunc('month', posting_date)::date", "posting_date", $which),
        }
    };
}

macro_rules! by_effective_date {
    ($which:literal) => {
        by_effective_date!($which, $which)
    };
    ($on_sqlite:literal, $on_postgres:literal) => {
        Statement {
            sqlite: of_entries!("substr(effective_date, 1, 7) || '-01'", "effective_date", $on_sqlite),
            postgres: of_entries!("date_trunc('month', effective_date)::date", "effective_date", $on_postgres),
        }
    };
}

pub(super) const OF_CUSTOMER: Statement =
    by_posting_date!("customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)");
pub(super) const OF_CUSTOMER_RESTATED: Statement =
    by_effective_date!("customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)");
/// As their index has it.
pub(super) const ADJUSTMENTS: Statement =
    by_effective_date!("posting_date <> effective_date", "posting_date - effective_date > 0");
pub(super) const RECORDED_AFTER: Statement = by_posting_date!("recorded_at > $7");
pub(super) const RECORDED_AFTER_RESTATED: Statement = by_effective_date!("recorded_at > $7");

/// The sums by month, in which all months before `first` are one; through the date `last`, the end of a month.
pub async fn by_month(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<BTreeMap<SumKey, Sum>, StoreError> {
    let mut sums = BTreeMap::new();
    for part in parts(MONTHS, filter) {
        add_part(&mut sums, tx, tenant, filter, part, (first, last)).await?;
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
    for part in parts(DAYS, filter) {
        add_part(&mut sums, tx, tenant, filter, part, (date.with_day(1).unwrap_or(date), date)).await?;
    }
    let mut by_currency: BTreeMap<Currency, Sum> = BTreeMap::new();
    for (key, sum) in sums {
        by_currency.entry(key.currency).or_default().add(sum);
    }
    Ok(by_currency)
}

/// Whence the sums come that the filter asks for.
fn parts<'f>(totals: Statement, filter: &SumFilter<'f>) -> Vec<Part<'f>> {
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
    let statement = statement.on(tx);
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
struct Row {
    currency: String,
    month: Option<NaiveDate>,
    subcategory: String,
    is_adjustment: bool,
    delta_units: i64,
    delta_micros: i64,
    movements: i64,
}

impl Row {
    fn parse(&self) -> Result<(SumKey, Sum), StoreError> {
        let wrong = |column, text: &str| StoreError::corrupt("totals", text, column, "is not a known one");
        let key = SumKey {
            currency: Currency::parse(&self.currency).map_err(|_| wrong("currency", &self.currency))?,
            month: self.month,
            subcategory: Subcategory::parse(&self.subcategory)
                .ok_or_else(|| wrong("subcategory", &self.subcategory))?,
            is_adjustment: self.is_adjustment,
        };
        Ok((key, Sum::of_parts(self.delta_units, self.delta_micros, self.movements)))
    }
}
