//! Totals of customer activity beside the journal: customers won and lost by month and currency, so that a report needs
//! not visit each customer.
//!
//! Won and lost customers of each month add up from month to month, but not over a span of months: a customer who left
//! in May and returned in July has not left in the year. So for customers with several changes each pair of months is
//! kept as well, 1 for two opposite changes and −1 for two equal ones. The changes of a customer alternate: of n in a
//! span, the pairs add up to n / 2, rounded down, which is how often the customer left and returned within it.
//!
//! A writer subtracts the customer's former contribution and adds the new one. The former one is what was added before,
//! by any process, because the version of the customer is checked in the same transaction.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};

use crate::domain::ids::{Currency, TenantId};
use crate::domain::journal::customer_activity::{ActivityMonths, PostedSum, activity_months};
use crate::domain::journal::movement::ActivityChange;
use crate::store::db::{Column, Insert, SqlType, Tx, on};
use crate::store::error::StoreError;
use crate::store::sql::Statement;
use crate::store::totals::movement_total::ALWAYS;

/// Longest span of a report: months further apart form no pair.
const MAX_SPAN: Months = Months::new(600);

/// Changes of a month, in the order of the table's key, as all totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActivityKey {
    pub month: NaiveDate,
    pub currency: Currency,
    pub counts_from: NaiveDate,
}

/// Number of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActivityCount {
    pub began: i64,
    pub ended: i64,
}

/// Customers with changes in two months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PairKey {
    pub month: NaiveDate,
    pub earlier_month: NaiveDate,
    pub currency: Currency,
    pub counts_from: NaiveDate,
}

/// Changes of some customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerTotals {
    pub changes: BTreeMap<ActivityKey, ActivityCount>,
    pub pairs: BTreeMap<PairKey, i64>,
}

impl CustomerTotals {
    /// Adds a customer with all its entries.
    pub fn add(&mut self, posted: Vec<PostedSum>) {
        self.add_times(posted, 1);
    }

    /// Subtracts a customer.
    pub fn take_away(&mut self, posted: Vec<PostedSum>) {
        self.add_times(posted, -1);
    }

    fn add_times(&mut self, posted: Vec<PostedSum>, times: i64) {
        let mut before = ActivityMonths::new();
        for (counts_from, changes) in activity_months(posted) {
            let counts_from = counts_from.unwrap_or(ALWAYS);
            // A date's contribution is the difference that it makes to the dates before it, mostly little.
            self.add_changes(&before, &missing_in(&changes, &before), counts_from, -times);
            self.add_changes(&changes, &missing_in(&before, &changes), counts_from, times);
            before = changes;
        }
    }

    /// Adds some changes out of all, and every pair with one of them.
    fn add_changes(&mut self, all: &ActivityMonths, some: &ActivityMonths, counts_from: NaiveDate, times: i64) {
        for ((currency, month), change) in some {
            let (currency, month) = (*currency, *month);
            let count = self.changes.entry(ActivityKey { month, currency, counts_from }).or_default();
            match change {
                ActivityChange::Began => count.began += times,
                ActivityChange::Ended => count.ended += times,
            }
            for ((_, other_month), other) in all.range((currency, NaiveDate::MIN)..=(currency, NaiveDate::MAX)) {
                // A pair of two of them is added with the later one.
                let is_added_later = *other_month > month && some.contains_key(&(currency, *other_month));
                if *other_month == month || is_added_later {
                    continue;
                }
                let (earlier_month, month) = (month.min(*other_month), month.max(*other_month));
                // No month is that far before the beginning of the calendar.
                if earlier_month <= month.checked_sub_months(MAX_SPAN).unwrap_or(NaiveDate::MIN) {
                    continue;
                }
                let pairs = self.pairs.entry(PairKey { month, earlier_month, currency, counts_from }).or_default();
                *pairs += if change == other { -times } else { times };
            }
        }
    }
}

/// Keeps the changes that are not among others.
fn missing_in(others: &ActivityMonths, changes: &ActivityMonths) -> ActivityMonths {
    changes
        .iter()
        .filter(|(key, change)| others.get(key) != Some(change))
        .map(|(key, change)| (*key, *change))
        .collect()
}

pub(in crate::store) static ADD_CHANGES: Insert = Insert::new(
    "customer_total",
    &[
        ("tenant_id", SqlType::Text),
        ("posting_month", SqlType::Date),
        ("currency", SqlType::Text),
        ("counts_from", SqlType::Date),
        ("shard", SqlType::Small),
        ("came", SqlType::Integer),
        ("gone", SqlType::Integer),
    ],
    "on conflict (tenant_id, posting_month, currency, counts_from, shard) do update
    set came = customer_total.came + excluded.came, gone = customer_total.gone + excluded.gone",
);

pub(in crate::store) static ADD_PAIRS: Insert = Insert::new(
    "customer_pair_total",
    &[
        ("tenant_id", SqlType::Text),
        ("posting_month", SqlType::Date),
        ("earlier_month", SqlType::Date),
        ("currency", SqlType::Text),
        ("counts_from", SqlType::Date),
        ("shard", SqlType::Small),
        ("pairs", SqlType::Integer),
    ],
    "on conflict (tenant_id, posting_month, earlier_month, currency, counts_from, shard) do update
    set pairs = customer_pair_total.pairs + excluded.pairs",
);

/// Adds to the totals of a shard.
pub async fn add(tx: &mut Tx, tenant: &TenantId, shard: i16, totals: &CustomerTotals) -> Result<(), StoreError> {
    // Most recordings change no customer's activity.
    let rows: Vec<(&ActivityKey, &ActivityCount)> =
        totals.changes.iter().filter(|(_, count)| **count != ActivityCount::default()).collect();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); rows.len()]),
        Column::Date(rows.iter().map(|(key, _)| key.month).collect()),
        Column::Text(rows.iter().map(|(key, _)| key.currency.as_str()).collect()),
        Column::Date(rows.iter().map(|(key, _)| key.counts_from).collect()),
        Column::Small(vec![shard; rows.len()]),
        Column::Integer(rows.iter().map(|(_, count)| count.began).collect()),
        Column::Integer(rows.iter().map(|(_, count)| count.ended).collect()),
    ];
    ADD_CHANGES.run(tx, rows.len(), columns).await?;
    let rows: Vec<(&PairKey, &i64)> = totals.pairs.iter().filter(|(_, pairs)| **pairs != 0).collect();
    let columns = vec![
        Column::Text(vec![tenant.as_str(); rows.len()]),
        Column::Date(rows.iter().map(|(key, _)| key.month).collect()),
        Column::Date(rows.iter().map(|(key, _)| key.earlier_month).collect()),
        Column::Text(rows.iter().map(|(key, _)| key.currency.as_str()).collect()),
        Column::Date(rows.iter().map(|(key, _)| key.counts_from).collect()),
        Column::Small(vec![shard; rows.len()]),
        Column::Integer(rows.iter().map(|(_, pairs)| **pairs).collect()),
    ];
    ADD_PAIRS.run(tx, rows.len(), columns).await?;
    Ok(())
}

static READ_CHANGES: Statement = Statement::new(
    "select posting_month as month, currency, counts_from,
        cast(sum(came) as bigint) as came, cast(sum(gone) as bigint) as gone
    from customer_total where tenant_id = $1
    group by 1, 2, 3",
);

static READ_PAIRS: Statement = Statement::new(
    "select posting_month as month, earlier_month, currency, counts_from, cast(sum(pairs) as bigint) as pairs
    from customer_pair_total where tenant_id = $1
    group by 1, 2, 3, 4",
);

/// Reads all totals of a tenant, the shards added up.
pub async fn read(tx: &mut Tx, tenant: &TenantId) -> Result<CustomerTotals, StoreError> {
    let (changes, pairs) = (READ_CHANGES.on(tx), READ_PAIRS.on(tx));
    let changes: Vec<ActivityRow> = on!(tx, connection => {
        sqlx::query_as(changes).bind(tenant.as_str()).fetch_all(connection).await?
    });
    let pairs: Vec<PairRow> = on!(tx, connection => {
        sqlx::query_as(pairs).bind(tenant.as_str()).fetch_all(connection).await?
    });
    Ok(CustomerTotals {
        changes: changes.into_iter().map(ActivityRow::parse).collect::<Result<_, _>>()?,
        pairs: pairs.into_iter().map(PairRow::parse).collect::<Result<_, _>>()?,
    })
}

#[derive(sqlx::FromRow)]
struct ActivityRow {
    month: NaiveDate,
    currency: String,
    counts_from: NaiveDate,
    came: i64,
    gone: i64,
}

impl ActivityRow {
    fn parse(self) -> Result<(ActivityKey, ActivityCount), StoreError> {
        let Self { month, counts_from, came, gone, .. } = self;
        Ok((
            ActivityKey { month, currency: currency(&self.currency)?, counts_from },
            ActivityCount { began: came, ended: gone },
        ))
    }
}

#[derive(sqlx::FromRow)]
struct PairRow {
    month: NaiveDate,
    earlier_month: NaiveDate,
    currency: String,
    counts_from: NaiveDate,
    pairs: i64,
}

impl PairRow {
    fn parse(self) -> Result<(PairKey, i64), StoreError> {
        let Self { month, earlier_month, counts_from, pairs, .. } = self;
        Ok((PairKey { month, earlier_month, currency: currency(&self.currency)?, counts_from }, pairs))
    }
}

fn currency(text: &str) -> Result<Currency, StoreError> {
    Currency::parse(text).map_err(|_| StoreError::corrupt("customer_total", text, "currency", "is not a known one"))
}

static CHANGES_BY_MONTH: Statement = Statement::new(
    "select currency, case when posting_month >= $2 then posting_month end as month,
        cast(sum(came) as bigint) as came, cast(sum(gone) as bigint) as gone
    from customer_total
    where tenant_id = $1 and posting_month <= $3 and counts_from <= $4
    group by 1, 2",
);

/// Reads the changes through a date as of another one, by currency and month (None: before the first date).
pub async fn by_month(
    tx: &mut Tx,
    tenant: &TenantId,
    (first, last): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<Vec<(Currency, Option<NaiveDate>, ActivityCount)>, StoreError> {
    let statement = CHANGES_BY_MONTH.on(tx);
    let rows: Vec<(String, Option<NaiveDate>, i64, i64)> = on!(tx, connection => {
        let query = sqlx::query_as(statement).bind(tenant.as_str()).bind(first).bind(last).bind(today);
        query.fetch_all(connection).await?
    });
    rows.into_iter()
        .map(|(it, month, came, gone)| Ok((currency(&it)?, month, ActivityCount { began: came, ended: gone })))
        .collect()
}

static PAIRS: Statement = Statement::new(
    "select currency, cast(sum(pairs) as bigint) as pairs
    from customer_pair_total
    where tenant_id = $1 and posting_month >= $2 and posting_month <= $3 and earlier_month >= $2 and counts_from <= $4
    group by 1",
);

/// Counts the customers who left and returned, or the reverse, between two dates, by currency.
pub async fn round_trips(
    tx: &mut Tx,
    tenant: &TenantId,
    (first, last): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<BTreeMap<Currency, i64>, StoreError> {
    let statement = PAIRS.on(tx);
    let rows: Vec<(String, i64)> = on!(tx, connection => {
        let query = sqlx::query_as(statement).bind(tenant.as_str()).bind(first).bind(last).bind(today);
        query.fetch_all(connection).await?
    });
    rows.into_iter().map(|(it, pairs)| Ok((currency(&it)?, pairs))).collect()
}
