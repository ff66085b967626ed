//! Totals of movements beside the journal: sums by day, by month, and by month and item. Written in the transaction of
//! the entries, so that a report reads hundreds of rows and not millions.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::bug;
use crate::bug::Bug;
use crate::codec::month::Month;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::domain::journal::movement::{Level, Subcategory};
use crate::domain::money::{Money, OutOfRange};
use crate::store::db::{Column, Insert, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

/// Date from which entries count that are not provisional.
pub(in crate::store) const ALWAYS: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};
/// Part of a total kept as whole units: the remainder of a sum of millions of entries cannot overflow.
const MICROS: i128 = 1_000_000;

/// Key of a row, in the order of the table: writers that follow it cannot deadlock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TotalKey {
    pub level: Level,
    /// Day, or first of a month.
    pub date: NaiveDate,
    pub currency: String,
    pub subcategory: Subcategory,
    /// Set in totals by item.
    pub item: String,
    pub is_adjustment: bool,
    pub counts_from: NaiveDate,
}

/// Sum of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Micro-units.
    pub delta: i128,
    /// Movements; a reversal counts −1.
    pub movements: i64,
}

impl Sum {
    /// Neither part overflows: an i128 holds the sum of 2^63 amounts, and no journal has 2^63 entries.
    pub fn add(&mut self, other: Self) {
        self.delta += other.delta;
        self.movements += other.movements;
    }

    /// Negates it; neither part is ever the smallest number.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { delta: -self.delta, movements: -self.movements }
    }

    /// Converts to an amount.
    ///
    /// # Errors
    /// [`OutOfRange`] when it does not fit.
    pub fn money(self) -> Result<Money, OutOfRange> {
        i64::try_from(self.delta).map(Money::from_micros).map_err(|_| OutOfRange)
    }

    /// Renders units of the currency, for people.
    #[must_use]
    pub fn amount(self) -> String {
        let sign = if self.delta < 0 { "-" } else { "" };
        let (units, rest) = (self.delta.unsigned_abs() / 1_000_000, self.delta.unsigned_abs() % 1_000_000);
        format!("{sign}{units}.{rest:06}")
    }

    /// Splits the delta into whole units and the rest in micro-units, as the columns of totals have it.
    pub(in crate::store) fn parts(self) -> Result<(i64, i64), Bug> {
        let part = |micros: i128| i64::try_from(micros).map_err(|_| bug!("a total of {} micro-units", self.delta));
        Ok((part(self.delta / MICROS)?, part(self.delta % MICROS)?))
    }

    pub(in crate::store) fn of_parts(units: i64, rest: i64, movements: i64) -> Self {
        // An i128 holds a million times an i64.
        Self { delta: i128::from(units) * MICROS + i128::from(rest), movements }
    }
}

/// Sums of some entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    pub days: BTreeMap<TotalKey, Sum>,
    pub months: BTreeMap<TotalKey, Sum>,
    pub month_items: BTreeMap<TotalKey, Sum>,
}

impl Totals {
    pub fn add(&mut self, entry: &Entry) {
        let movement = &entry.movement;
        let sum = Sum {
            delta: i128::from(movement.delta.micros()),
            movements: if entry.reverses.is_none() { 1 } else { -1 },
        };
        let day = TotalKey {
            level: movement.level,
            date: entry.posting_date,
            currency: movement.currency.to_string(),
            subcategory: movement.subcategory,
            item: String::new(),
            is_adjustment: entry.is_adjustment(),
            counts_from: movement.provisional_until.unwrap_or(ALWAYS),
        };
        let month = TotalKey { date: Month::of(day.date).start(), ..day.clone() };
        let month_item = TotalKey { item: movement.item_id.to_string(), ..month.clone() };
        self.days.entry(day).or_default().add(sum);
        self.months.entry(month).or_default().add(sum);
        self.month_items.entry(month_item).or_default().add(sum);
    }
}

pub(in crate::store) static ADD_DAYS: Insert = Insert::new(
    "day_total",
    &[
        ("tenant_id", SqlType::Text),
        ("level", SqlType::Text),
        ("posting_date", SqlType::Date),
        ("currency", SqlType::Text),
        ("category", SqlType::Text),
        ("subcategory", SqlType::Text),
        ("is_adjustment", SqlType::Boolean),
        ("counts_from", SqlType::Date),
        ("shard", SqlType::Small),
        ("delta_units", SqlType::Integer),
        ("delta_micros", SqlType::Integer),
        ("movements", SqlType::Integer),
    ],
    "on conflict (tenant_id, level, posting_date, currency, subcategory, is_adjustment, counts_from, shard) do update
    set delta_units = day_total.delta_units + excluded.delta_units,
        delta_micros = day_total.delta_micros + excluded.delta_micros,
        movements = day_total.movements + excluded.movements",
);
pub(in crate::store) static ADD_MONTHS: Insert = Insert::new(
    "month_total",
    &[
        ("tenant_id", SqlType::Text),
        ("level", SqlType::Text),
        ("posting_month", SqlType::Date),
        ("currency", SqlType::Text),
        ("category", SqlType::Text),
        ("subcategory", SqlType::Text),
        ("is_adjustment", SqlType::Boolean),
        ("counts_from", SqlType::Date),
        ("shard", SqlType::Small),
        ("delta_units", SqlType::Integer),
        ("delta_micros", SqlType::Integer),
        ("movements", SqlType::Integer),
    ],
    "on conflict (tenant_id, level, posting_month, currency, subcategory, is_adjustment, counts_from, shard) do update
    set delta_units = month_total.delta_units + excluded.delta_units,
        delta_micros = month_total.delta_micros + excluded.delta_micros,
        movements = month_total.movements + excluded.movements",
);
pub(in crate::store) static ADD_MONTH_ITEMS: Insert = Insert::new(
    "month_item_total",
    &[
        ("tenant_id", SqlType::Text),
        ("level", SqlType::Text),
        ("posting_month", SqlType::Date),
        ("currency", SqlType::Text),
        ("category", SqlType::Text),
        ("subcategory", SqlType::Text),
        ("item_id", SqlType::Text),
        ("is_adjustment", SqlType::Boolean),
        ("counts_from", SqlType::Date),
        ("shard", SqlType::Small),
        ("delta_units", SqlType::Integer),
        ("delta_micros", SqlType::Integer),
        ("movements", SqlType::Integer),
    ],
    "on conflict (tenant_id, level, posting_month, currency, subcategory, item_id, is_adjustment, counts_from, shard) do update
    set delta_units = month_item_total.delta_units + excluded.delta_units,
        delta_micros = month_item_total.delta_micros + excluded.delta_micros,
        movements = month_item_total.movements + excluded.movements",
);

/// Adds to the totals of a shard. Last in a transaction, because other writers may wait for the same rows.
pub async fn add(tx: &mut Tx, tenant: &TenantId, shard: i16, totals: &Totals) -> Result<(), StoreError> {
    add_to(&ADD_MONTH_ITEMS, tx, tenant, shard, &totals.month_items, true).await?;
    add_to(&ADD_DAYS, tx, tenant, shard, &totals.days, false).await?;
    add_to(&ADD_MONTHS, tx, tenant, shard, &totals.months, false).await
}

async fn add_to(
    insert: &'static Insert,
    tx: &mut Tx,
    tenant: &TenantId,
    shard: i16,
    sums: &BTreeMap<TotalKey, Sum>,
    by_item: bool,
) -> Result<(), StoreError> {
    // Amounts that cancel within one commit change no row.
    let rows: Vec<(&TotalKey, &Sum)> = sums.iter().filter(|(_, sum)| **sum != Sum::default()).collect();
    let text = |get: fn(&TotalKey) -> &str| Column::Text(rows.iter().map(|(key, _)| get(key)).collect());
    let parts: Vec<(i64, i64)> = rows.iter().map(|(_, sum)| sum.parts()).collect::<Result<_, _>>()?;
    let mut columns = vec![
        Column::Text(vec![tenant.as_str(); rows.len()]),
        text(|key| key.level.as_str()),
        Column::Date(rows.iter().map(|(key, _)| key.date).collect()),
        text(|key| &key.currency),
        text(|key| key.subcategory.category().as_str()),
        text(|key| key.subcategory.as_str()),
    ];
    if by_item {
        columns.push(text(|key| &key.item));
    }
    columns.extend([
        Column::Boolean(rows.iter().map(|(key, _)| key.is_adjustment).collect()),
        Column::Date(rows.iter().map(|(key, _)| key.counts_from).collect()),
        Column::Small(vec![shard; rows.len()]),
        Column::Integer(parts.iter().map(|(units, _)| *units).collect()),
        Column::Integer(parts.iter().map(|(_, micros)| *micros).collect()),
        Column::Integer(rows.iter().map(|(_, sum)| sum.movements).collect()),
    ]);
    insert.run(tx, rows.len(), columns).await?;
    Ok(())
}

static READ_DAYS: Statement = Statement::new(
    "select level, posting_date as date, currency, subcategory, '' as item, is_adjustment, counts_from,
        {sums_of_totals}
    from day_total where tenant_id = $1
    group by 1, 2, 3, 4, 5, 6, 7",
);
static READ_MONTHS: Statement = Statement::new(
    "select level, posting_month as date, currency, subcategory, '' as item, is_adjustment, counts_from,
        {sums_of_totals}
    from month_total where tenant_id = $1
    group by 1, 2, 3, 4, 5, 6, 7",
);
static READ_MONTH_ITEMS: Statement = Statement::new(
    "select level, posting_month as date, currency, subcategory, item_id as item, is_adjustment, counts_from,
        {sums_of_totals}
    from month_item_total where tenant_id = $1
    group by 1, 2, 3, 4, 5, 6, 7",
);

#[derive(sqlx::FromRow)]
struct TotalRow {
    level: String,
    date: NaiveDate,
    currency: String,
    subcategory: String,
    item: String,
    is_adjustment: bool,
    counts_from: NaiveDate,
    delta_units: i64,
    delta_micros: i64,
    movements: i64,
}

/// Reads all totals of a tenant, the shards added up.
pub async fn read(tx: &mut Tx, tenant: &TenantId) -> Result<Totals, StoreError> {
    Ok(Totals {
        days: read_from(&READ_DAYS, tx, tenant).await?,
        months: read_from(&READ_MONTHS, tx, tenant).await?,
        month_items: read_from(&READ_MONTH_ITEMS, tx, tenant).await?,
    })
}

async fn read_from(
    statement: &'static Statement,
    tx: &mut Tx,
    tenant: &TenantId,
) -> Result<BTreeMap<TotalKey, Sum>, StoreError> {
    let statement = statement.on(tx);
    let rows: Vec<TotalRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).fetch_all(connection).await?
    });
    rows.into_iter().map(TotalRow::parse).collect()
}

static OF_MONTH: Statement = Statement::new(
    "select level, posting_month as date, currency, subcategory, '' as item, is_adjustment, counts_from,
        {sums_of_totals}
    from month_total where tenant_id = $1 and posting_month = $2
    group by 1, 2, 3, 4, 5, 6, 7",
);

/// Reads the totals of the month that begins on a date.
pub async fn of_month(tx: &mut Tx, tenant: &TenantId, month: NaiveDate) -> Result<BTreeMap<TotalKey, Sum>, StoreError> {
    let statement = OF_MONTH.on(tx);
    let rows: Vec<TotalRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(month).fetch_all(connection).await?
    });
    rows.into_iter().map(TotalRow::parse).collect()
}

static FIRST_MONTH: Statement = Statement::new("select min(posting_month) from month_total where tenant_id = $1");

/// Finds the first month with entries.
pub async fn first_month(tx: &mut Tx, tenant: &TenantId) -> Result<Option<NaiveDate>, StoreError> {
    let statement = FIRST_MONTH.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).fetch_one(connection).await?
    }))
}

impl TotalRow {
    fn parse(self) -> Result<(TotalKey, Sum), StoreError> {
        let unknown = |column, text: &str| StoreError::corrupt("totals", self.date, column, format!("is {text:?}"));
        let key = TotalKey {
            level: Level::parse(&self.level).ok_or_else(|| unknown("level", &self.level))?,
            date: self.date,
            subcategory: Subcategory::parse(&self.subcategory)
                .ok_or_else(|| unknown("subcategory", &self.subcategory))?,
            currency: self.currency,
            item: self.item,
            is_adjustment: self.is_adjustment,
            counts_from: self.counts_from,
        };
        Ok((key, Sum::of_parts(self.delta_units, self.delta_micros, self.movements)))
    }
}
