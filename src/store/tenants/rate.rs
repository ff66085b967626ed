//! Exchange rates: append-only.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{Currency, RateSet, TenantId};
use crate::domain::rate::{ExchangeRate, Rate};
use crate::store::db::{Column, Insert, Set, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;

pub(in crate::store) static ADD: Insert = Insert::new(
    "exchange_rate",
    &[
        ("tenant_id", SqlType::Text),
        ("rate_set", SqlType::Text),
        ("from_currency", SqlType::Text),
        ("to_currency", SqlType::Text),
        ("date", SqlType::Date),
        ("rate", SqlType::Text),
        ("recorded_at", SqlType::Instant),
    ],
    "on conflict (tenant_id, rate_set, from_currency, to_currency, date) do nothing",
);

/// Adds rates to a set; returns their number, without those that another import has added meanwhile.
pub async fn add(
    tx: &mut Tx,
    tenant: &TenantId,
    rate_set: &RateSet,
    rates: &[ExchangeRate],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let count = rates.len();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); count]),
        Column::Text(vec![rate_set.as_str(); count]),
        Column::Text(rates.iter().map(|it| it.from.as_str()).collect()),
        Column::Text(rates.iter().map(|it| it.to.as_str()).collect()),
        Column::Date(rates.iter().map(|it| it.date).collect()),
        Column::Owned(rates.iter().map(|it| it.rate.to_string()).collect()),
        Column::Instant(vec![now; count]),
    ];
    ADD.run(tx, count, columns).await
}

/// Currency pair, and the date from which a rate is in force.
pub type RateKey = (Currency, Currency, NaiveDate);

/// Position of a rate in its set.
#[must_use]
pub fn key(it: &ExchangeRate) -> RateKey {
    (it.from, it.to, it.date)
}

static BETWEEN: Statement = Statement::new(
    "select from_currency, to_currency, date, rate from exchange_rate
    where tenant_id = $1 and rate_set = $2 and date >= $3 and date <= $4",
);

/// Finds the rates of a set from one date through another.
pub async fn between(
    tx: &mut Tx,
    tenant: &TenantId,
    rate_set: &RateSet,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<BTreeMap<RateKey, Rate>, StoreError> {
    let statement = BETWEEN.on(tx);
    let rows: Vec<RateRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(rate_set.as_str())
            .bind(first)
            .bind(last)
            .fetch_all(connection)
            .await?
    });
    rows.iter().map(|row| row.parse().map(|it| (key(&it), it.rate))).collect()
}

/// Keeps the rates in force on the first date, and those that begin until the last.
static IN_FORCE: Statement = Statement::new(
    "select from_currency, to_currency, date, rate from exchange_rate as it
    where tenant_id = $1 and rate_set = $2 and from_currency {in $3} and to_currency = $4 and date <= $6
        and date >= coalesce((
            select max(date) from exchange_rate as earlier
            where earlier.tenant_id = it.tenant_id and earlier.rate_set = it.rate_set
                and earlier.from_currency = it.from_currency and earlier.to_currency = it.to_currency
                and earlier.date <= $5), $5)",
);

/// Finds the rates of a set that are in force on any date from the first through the last.
pub async fn in_force(
    tx: &mut Tx,
    tenant: &TenantId,
    rate_set: &RateSet,
    (from, to): (&BTreeSet<Currency>, Currency),
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<ExchangeRate>, StoreError> {
    let statement = IN_FORCE.on(tx);
    let rows: Vec<RateRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(rate_set.as_str())
            .bind(from.iter().map(Currency::as_str).collect::<Set<&str>>())
            .bind(to.as_str())
            .bind(first)
            .bind(last)
            .fetch_all(connection)
            .await?
    });
    rows.iter().map(RateRow::parse).collect()
}

/// Filter of rates; None matches everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateFilter {
    pub rate_set: RateSet,
    pub from: Option<Currency>,
    pub to: Option<Currency>,
}

static PAGE: Statement = Statement::new(
    "select from_currency, to_currency, date, rate from exchange_rate
    where tenant_id = $1 and rate_set = $2
        and (cast($3 as text) is null or from_currency = $3)
        and (cast($4 as text) is null or to_currency = $4)
        and (from_currency, to_currency, date) > ($5, $6, $7)
    order by from_currency, to_currency, date limit $8",
);

/// Lists rates after one (None: from the first), by currencies and date.
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &RateFilter,
    after: Option<RateKey>,
    limit: i64,
) -> Result<Vec<ExchangeRate>, StoreError> {
    let statement = PAGE.on(tx);
    let (from, to, date) =
        after.as_ref().map_or(("", "", NaiveDate::default()), |(from, to, date)| (from.as_str(), to.as_str(), *date));
    let rows: Vec<RateRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.rate_set.as_str())
            .bind(filter.from.as_ref().map(Currency::as_str))
            .bind(filter.to.as_ref().map(Currency::as_str))
            .bind(from)
            .bind(to)
            .bind(date)
            .bind(limit)
            .fetch_all(connection)
            .await?
    });
    rows.iter().map(RateRow::parse).collect()
}

#[derive(sqlx::FromRow)]
struct RateRow {
    from_currency: String,
    to_currency: String,
    date: NaiveDate,
    rate: String,
}

impl RateRow {
    fn parse(&self) -> Result<ExchangeRate, StoreError> {
        let wrong = |column, text: &str| StoreError::corrupt("exchange_rate", text, column, "is not a known one");
        let currency = |column, text: &str| Currency::parse(text).map_err(|_| wrong(column, text));
        Ok(ExchangeRate {
            from: currency("from_currency", &self.from_currency)?,
            to: currency("to_currency", &self.to_currency)?,
            date: self.date,
            rate: Rate::parse(&self.rate).map_err(|_| wrong("rate", &self.rate))?,
        })
    }
}

/// Set of rates and its span.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SetState {
    pub rate_set: String,
    pub rates: i64,
    pub first_date: NaiveDate,
    pub last_date: NaiveDate,
}

static SETS: Statement = Statement::new(
    "select rate_set, count(*) as rates, min(date) as first_date, max(date) as last_date from exchange_rate
    where tenant_id = $1 and rate_set > $2 group by rate_set order by rate_set limit $3",
);

/// Lists sets after one (None: from the first), by name.
pub async fn sets(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Option<&RateSet>,
    limit: i64,
) -> Result<Vec<SetState>, StoreError> {
    let statement = SETS.on(tx);
    let after = after.map_or("", RateSet::as_str);
    Ok(on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(after).bind(limit).fetch_all(connection).await?
    }))
}
