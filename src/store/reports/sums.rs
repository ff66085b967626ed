//! Sums of the journal: of totals, or for one customer of the customer's entries.
//!
//! Totals have posting dates only, and everything that is recorded now. Entries correct them exactly, because totals change
//! only with entries. By effective date: the totals without adjustments (R16), plus the adjustments, which are few. As known
//! at an instant: minus the entries that were recorded later.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::journal::movement::{Level, Subcategory};
use crate::store::db::{Instant, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;
use crate::store::totals::movement_total::Sum;

/// Date that counts (R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Posting date: the sums of a closed month never change.
    #[default]
    AsReported,
    /// Effective date: every change is in its own month.
    Restated,
}

/// Span of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Month,
    Day,
}

/// Filter of entries.
#[derive(Debug, Clone, Copy)]
pub struct SumFilter<'f> {
    pub level: Level,
    pub currency: Option<Currency>,
    pub customer: Option<&'f CustomerId>,
    pub view: View,
    /// Only entries recorded up to this instant. None: all.
    pub known_at: Option<DateTime<Utc>>,
    /// Date of the report: later provisional entries do not count (R11).
    pub today: NaiveDate,
}

impl SumFilter<'_> {
    /// Whether totals alone answer it.
    #[must_use]
    pub fn is_of_totals(&self) -> bool {
        self.view == View::AsReported && self.known_at.is_none()
    }
}

/// Key of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SumKey {
    pub currency: Currency,
    /// Date, or first date of the month; None for everything before the first date of the query.
    pub date: Option<NaiveDate>,
    pub subcategory: Subcategory,
    /// Posted in a later month than its own.
    pub is_adjustment: bool,
}

/// Rows that a sum is made of.
#[derive(Debug, Clone, Copy)]
enum Source<'f> {
    /// Totals by the unit, with or without adjustments.
    Totals,
    /// Totals of everything through a date.
    TotalsThrough,
    OfCustomer(&'f CustomerId),
    Adjustments,
    RecordedAfter(DateTime<Utc>),
}

impl Source<'_> {
    fn statement(self, view: View, unit: Unit) -> &'static Statement {
        match (self, view, unit) {
            (Self::Totals, _, Unit::Month) => &MONTHS,
            (Self::Totals, _, Unit::Day) => &DAYS,
            (Self::TotalsThrough, _, _) => &THROUGH,
            (Self::OfCustomer(_), View::AsReported, Unit::Month) => &MONTHS_OF_CUSTOMER,
            (Self::OfCustomer(_), View::AsReported, Unit::Day) => &DAYS_OF_CUSTOMER,
            (Self::OfCustomer(_), View::Restated, Unit::Month) => &MONTHS_OF_CUSTOMER_RESTATED,
            (Self::OfCustomer(_), View::Restated, Unit::Day) => &DAYS_OF_CUSTOMER_RESTATED,
            (Self::Adjustments, _, Unit::Month) => &MONTHS_OF_ADJUSTMENTS,
            (Self::Adjustments, _, Unit::Day) => &DAYS_OF_ADJUSTMENTS,
            (Self::RecordedAfter(_), View::AsReported, Unit::Month) => &MONTHS_RECORDED_AFTER,
            (Self::RecordedAfter(_), View::AsReported, Unit::Day) => &DAYS_RECORDED_AFTER,
            (Self::RecordedAfter(_), View::Restated, Unit::Month) => &MONTHS_RECORDED_AFTER_RESTATED,
            (Self::RecordedAfter(_), View::Restated, Unit::Day) => &DAYS_RECORDED_AFTER_RESTATED,
        }
    }
}

/// Totals by month, in which everything before $3 is one, as in all statements below.
static MONTHS: Statement = Statement::new(
    "select currency, case when posting_month >= $3 then posting_month end as date, subcategory, is_adjustment,
        {sums_of_totals}
    from month_total
    where tenant_id = $1 and level = $2 and posting_month <= $4
        and (cast($5 as text) is null or currency = $5)
        and counts_from <= $6
        and not ($7 and is_adjustment)
    group by 1, 2, 3, 4",
);
/// Totals by day: of whole months before the month of $3, and of days from its first date on.
static DAYS: Statement = Statement::new(
    "select currency, date, subcategory, is_adjustment,
        {sums_of_totals}
    from (
        select currency, cast(null as date) as date, subcategory, is_adjustment, delta_units, delta_micros, movements
        from month_total
        where tenant_id = $1 and level = $2 and posting_month < {month_of $3}
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
            and not ($7 and is_adjustment)
        union all
        select currency, case when posting_date >= $3 then posting_date end as date, subcategory, is_adjustment, delta_units, delta_micros, movements
        from day_total
        where tenant_id = $1 and level = $2 and posting_date >= {month_of $3} and posting_date <= $4
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
            and not ($7 and is_adjustment)
    ) as part
    group by 1, 2, 3, 4",
);
/// Totals of everything through $4; $3 is in its month.
static THROUGH: Statement = Statement::new(
    "select currency, date, subcategory, is_adjustment,
        {sums_of_totals}
    from (
        select currency, cast(null as date) as date, subcategory, is_adjustment, delta_units, delta_micros, movements
        from month_total
        where tenant_id = $1 and level = $2 and posting_month < {month_of $3}
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
            and not ($7 and is_adjustment)
        union all
        select currency, cast(null as date) as date, subcategory, is_adjustment, delta_units, delta_micros, movements
        from day_total
        where tenant_id = $1 and level = $2 and posting_date >= {month_of $3} and posting_date <= $4
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
            and not ($7 and is_adjustment)
    ) as part
    group by 1, 2, 3, 4",
);

static MONTHS_OF_CUSTOMER: Statement = Statement::new(
    "select currency, case when posting_date >= $3 then {month_of posting_date} end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and posting_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
    group by 1, 2, 3, 4",
);
static DAYS_OF_CUSTOMER: Statement = Statement::new(
    "select currency, case when posting_date >= $3 then posting_date end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and posting_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
    group by 1, 2, 3, 4",
);
static MONTHS_OF_CUSTOMER_RESTATED: Statement = Statement::new(
    "select currency, case when effective_date >= $3 then {month_of effective_date} end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
    group by 1, 2, 3, 4",
);
static DAYS_OF_CUSTOMER_RESTATED: Statement = Statement::new(
    "select currency, case when effective_date >= $3 then effective_date end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and customer_id = $7 and (cast($8 as timestamptz) is null or recorded_at <= $8)
    group by 1, 2, 3, 4",
);

static MONTHS_OF_ADJUSTMENTS: Statement = Statement::new(
    "select currency, case when effective_date >= $3 then {month_of effective_date} end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and {is_adjustment}
    group by 1, 2, 3, 4",
);
static DAYS_OF_ADJUSTMENTS: Statement = Statement::new(
    "select currency, case when effective_date >= $3 then effective_date end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and {is_adjustment}
    group by 1, 2, 3, 4",
);

static MONTHS_RECORDED_AFTER: Statement = Statement::new(
    "select currency, case when posting_date >= $3 then {month_of posting_date} end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and posting_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and recorded_at > $7
    group by 1, 2, 3, 4",
);
static DAYS_RECORDED_AFTER: Statement = Statement::new(
    "select currency, case when posting_date >= $3 then posting_date end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and posting_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and recorded_at > $7
    group by 1, 2, 3, 4",
);
static MONTHS_RECORDED_AFTER_RESTATED: Statement = Statement::new(
    "select currency, case when effective_date >= $3 then {month_of effective_date} end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and recorded_at > $7
    group by 1, 2, 3, 4",
);
static DAYS_RECORDED_AFTER_RESTATED: Statement = Statement::new(
    "select currency, case when effective_date >= $3 then effective_date end as date, subcategory,
        posting_date <> effective_date as is_adjustment,
        {sums_of_entries}
    from entry
    where tenant_id = $1 and level = $2 and effective_date <= $4
        and (cast($5 as text) is null or currency = $5)
        and (provisional_until is null or provisional_until <= $6)
        and recorded_at > $7
    group by 1, 2, 3, 4",
);

/// Reads sums by unit through the date `last`. Everything before `first` is one sum. Months are whole.
pub async fn by_unit(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    unit: Unit,
    dates: (NaiveDate, NaiveDate),
) -> Result<BTreeMap<SumKey, Sum>, StoreError> {
    let mut sums = BTreeMap::new();
    for source in sources(Source::Totals, filter) {
        add_from(&mut sums, tx, tenant, filter, source, unit, dates).await?;
    }
    // A sum of zero has rows or none, depending on the order in which its entries were recorded.
    sums.retain(|_, sum| *sum != Sum::default());
    Ok(sums)
}

/// Reads the sums of everything through a date, by currency.
pub async fn through(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    date: NaiveDate,
) -> Result<BTreeMap<Currency, Sum>, StoreError> {
    let mut sums = BTreeMap::new();
    for source in sources(Source::TotalsThrough, filter) {
        add_from(&mut sums, tx, tenant, filter, source, Unit::Day, (date, date)).await?;
    }
    let mut by_currency: BTreeMap<Currency, Sum> = BTreeMap::new();
    for (key, sum) in sums {
        by_currency.entry(key.currency).or_default().add(sum);
    }
    Ok(by_currency)
}

/// The sources that a filter needs.
fn sources<'f>(totals: Source<'f>, filter: &SumFilter<'f>) -> Vec<Source<'f>> {
    if let Some(customer) = filter.customer {
        return vec![Source::OfCustomer(customer)];
    }
    let mut sources = vec![totals];
    if filter.view == View::Restated {
        sources.push(Source::Adjustments);
    }
    sources.extend(filter.known_at.map(Source::RecordedAfter));
    sources
}

/// Adds a source; subtracts entries that were recorded too late.
async fn add_from(
    sums: &mut BTreeMap<SumKey, Sum>,
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    source: Source<'_>,
    unit: Unit,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<(), StoreError> {
    let statement = source.statement(filter.view, unit).on(tx);
    let rows: Vec<SumRow> = on!(tx, connection => {
        let query = sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.level.as_str())
            .bind(first)
            .bind(last)
            .bind(filter.currency.as_ref().map(Currency::as_str))
            .bind(filter.today);
        let query = match source {
            // Restated totals are without adjustments, which are a source of their own.
            Source::Totals | Source::TotalsThrough => query.bind(filter.view == View::Restated),
            Source::OfCustomer(customer) => query.bind(customer.as_str()).bind(filter.known_at.map(Instant)),
            Source::Adjustments => query,
            Source::RecordedAfter(instant) => query.bind(Instant(instant)),
        };
        query.fetch_all(connection).await?
    });
    for row in rows {
        let (key, sum) = row.parse()?;
        let sum = if let Source::RecordedAfter(_) = source { sum.reversed() } else { sum };
        sums.entry(key).or_default().add(sum);
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct SumRow {
    currency: String,
    date: Option<NaiveDate>,
    subcategory: String,
    is_adjustment: bool,
    delta_units: i64,
    delta_micros: i64,
    movements: i64,
}

impl SumRow {
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
