//! Appending to the journal, and reading it.

use chrono::NaiveDate;
use serde_json::json;

use super::customer::id_list;
use super::db::{Tx, on};
use super::entry::{Entry, Sequence};
use super::entry_row::{EntryRow, values};
use super::error::StoreError;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::money::{Money, OutOfRange};

/// The columns of an entry, in the order of [`EntryRow`].
macro_rules! columns {
    () => {
        "customer_id, sequence, version, recorded_at, posting_date, effective_date, reverses, level, category, \
         subcategory, subscription_id, line_id, item_id, currency, delta_micros, mrr_before_micros, \
         mrr_after_micros, quantity_before, quantity_after, quantity_effect_micros, price_effect_micros, \
         renewed_mrr_micros, causes, rules, provisional_until"
    };
}
pub(super) use columns;

const APPEND: &str = concat!(
    "insert into entry (tenant_id, ",
    columns!(),
    ") select $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
        value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14,
        value ->> 15, value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20, value ->> 21,
        value ->> 22, value ->> 23, value ->> 24
    from json_each($2)"
);

/// Appends entries. Their sequences come from [`last_sequence`], taken in the same transaction.
pub async fn append(tx: &mut Tx, tenant: &TenantId, entries: &[Entry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = json!(entries.iter().map(values).collect::<Vec<_>>()).to_string();
    on!(tx, connection => {
        sqlx::query(APPEND).bind(tenant.as_str()).bind(rows).execute(connection).await?;
    });
    Ok(())
}

const LAST_SEQUENCE: &str = "select coalesce(max(sequence), 0) from entry";

/// The place of the last entry, of any tenant; 0 for an empty journal.
pub async fn last_sequence(tx: &mut Tx) -> Result<Sequence, StoreError> {
    Ok(on!(tx, connection => sqlx::query_scalar(LAST_SEQUENCE).fetch_one(connection).await?))
}

const OF_CUSTOMERS: &str = concat!(
    "select ",
    columns!(),
    " from entry
    where tenant_id = $1 and customer_id in (select value from json_each($2))
    order by customer_id, sequence"
);

/// Every entry of some customers, by customer and sequence.
pub async fn of_customers(tx: &mut Tx, tenant: &TenantId, customers: &[&CustomerId]) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> = on!(tx, connection => {
        sqlx::query_as(OF_CUSTOMERS).bind(tenant.as_str()).bind(id_list(customers)).fetch_all(connection).await?
    });
    rows.into_iter().map(EntryRow::parse).collect()
}

const BY_SEQUENCE: &str = concat!("select ", columns!(), " from entry where sequence = $1 and tenant_id = $2");

/// The entry at a place of the journal.
pub async fn by_sequence(tx: &mut Tx, tenant: &TenantId, sequence: Sequence) -> Result<Option<Entry>, StoreError> {
    let row: Option<EntryRow> = on!(tx, connection => {
        sqlx::query_as(BY_SEQUENCE).bind(sequence).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    row.map(EntryRow::parse).transpose()
}

const DAY_SUMS: &str = "
    select posting_date, currency, subcategory,
        cast(sum(delta_micros / 1000000) as bigint) as delta_units,
        cast(sum(delta_micros % 1000000) as bigint) as delta_rest,
        cast(sum(case when reverses is null then 1 else -1 end) as bigint) as movements
    from entry
    where tenant_id = $1
        and level = $2
        and posting_date <= $3
        and (cast($4 as text) is null or currency = $4)
        and (cast($5 as text) is null or customer_id = $5)
        and (provisional_until is null or provisional_until <= $6)
    group by posting_date, currency, subcategory
    order by currency, posting_date, subcategory";

/// What one day's entries of one subcategory and currency come to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DaySum {
    pub posting_date: NaiveDate,
    pub currency: String,
    pub subcategory: String,
    delta_units: i64,
    delta_rest: i64,
    /// A reversal counts as one less.
    pub movements: i64,
}

impl DaySum {
    /// The sum. Whole units and the rest are added apart, so that the database never overflows.
    pub fn delta(&self) -> Result<Money, OutOfRange> {
        let units = self.delta_units.checked_mul(1_000_000).ok_or(OutOfRange)?;
        Money::from_micros(units).checked_add(Money::from_micros(self.delta_rest))
    }
}

/// Which entries to sum up.
#[derive(Debug, Clone, Copy)]
pub struct SumFilter<'f> {
    pub level: &'static str,
    /// Entries posted up to this date.
    pub through: NaiveDate,
    pub currency: Option<&'f str>,
    pub customer: Option<&'f CustomerId>,
    /// Provisional entries are left out until their date (R11).
    pub today: NaiveDate,
}

/// The journal, summed by day.
pub async fn day_sums(tx: &mut Tx, tenant: &TenantId, filter: SumFilter<'_>) -> Result<Vec<DaySum>, StoreError> {
    Ok(on!(tx, connection => {
        sqlx::query_as(DAY_SUMS)
            .bind(tenant.as_str())
            .bind(filter.level)
            .bind(filter.through)
            .bind(filter.currency)
            .bind(filter.customer.map(CustomerId::as_str))
            .bind(filter.today)
            .fetch_all(connection)
            .await?
    }))
}
