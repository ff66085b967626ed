//! The journal: appending entries, and reading them.
//!
//! | file | contents |
//! |---|---|
//! | `entry_row`, `column_type` | rows of entries, and the types of their columns |
//! | `outcome` | columns with what the rules decide of an entry |
//! | `movement_page` | pages of movements, filtered |
//! | `sequence` | numbers of entries and events |

pub(crate) mod column_type;
pub(crate) mod entry_row;
pub mod movement_page;
pub mod outcome;
pub mod sequence;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::bug;
use crate::codec::month::Month;
use crate::domain::ids::{Currency, CustomerId, TenantId};
use crate::domain::journal::customer_activity::{ActivitySum, PostedSum};
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::store::db::{Tx, on};
use crate::store::error::StoreError;
use crate::store::facts::customer::{parse_id, set};
use crate::store::journal::entry_row::{APPEND, EntryRow, values};
use crate::store::journal::sequence::between_numbers;
use crate::store::sql::Statement;

/// Appends entries. Their sequences come from [`crate::store::journal::sequence::take`], in the same transaction.
pub async fn append(tx: &mut Tx, tenant: &TenantId, entries: &[Entry]) -> Result<(), StoreError> {
    APPEND.run(tx, entries.len(), values(tenant.as_str(), entries)).await?;
    Ok(())
}

/// By the key, one by one on PostgreSQL: see [`crate::store::facts::customer`].
static OF_CUSTOMERS: Statement = Statement::each(
    "select {entry_columns} from entry
    where tenant_id = $1 and customer_id in (select value from json_each($2))
    order by customer_id, sequence",
    "select it.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select {entry_columns} from entry
        where tenant_id = $1 and customer_id = wanted.id
        order by sequence
        offset 0) as it",
);

/// Reads all entries of some customers, by customer and sequence.
pub async fn of_customers(tx: &mut Tx, tenant: &TenantId, customers: &[&CustomerId]) -> Result<Vec<Entry>, StoreError> {
    fetch(tx, &OF_CUSTOMERS, tenant, customers).await
}

static LIVE_OF_CUSTOMERS: Statement = Statement::each(
    "select {entry_columns} from entry
    where tenant_id = $1 and customer_id in (select value from json_each($2)) and {is_live}
    order by customer_id, sequence",
    "select it.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select {entry_columns} from entry
        where tenant_id = $1 and customer_id = wanted.id and {is_live}
        order by sequence
        offset 0) as it",
);

/// Reads the live entries of some customers: neither reversals nor reversed.
pub async fn live_of_customers(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<Entry>, StoreError> {
    fetch(tx, &LIVE_OF_CUSTOMERS, tenant, customers).await
}

static REVERSED_ELSEWHERE: Statement = Statement::each(
    "select it.customer_id, it.currency, it.activity_change, it.effective_date, it.delta_micros, it.provisional_until,
        it.posting_date, later.posting_date as reversed_on
    from entry as later
    join entry as it on it.tenant_id = later.tenant_id and it.customer_id = later.customer_id
        and it.sequence = later.reverses
    where later.tenant_id = $1 and later.customer_id in (select value from json_each($2))
        and later.reverses is not null and later.level = 'CUSTOMER' and later.posting_date <> it.posting_date",
    "select pair.* from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select it.customer_id, it.currency, it.activity_change, it.effective_date, it.delta_micros, it.provisional_until,
            it.posting_date, later.posting_date as reversed_on
        from entry as later
        join entry as it on it.tenant_id = later.tenant_id and it.customer_id = later.customer_id
            and it.sequence = later.reverses
        where later.tenant_id = $1 and later.customer_id = wanted.id
            and later.reverses is not null and later.level = 'CUSTOMER' and later.posting_date <> it.posting_date
        offset 0) as pair",
);

#[derive(sqlx::FromRow)]
struct ReversedRow {
    customer_id: String,
    currency: String,
    activity_change: Option<String>,
    effective_date: NaiveDate,
    delta_micros: i64,
    provisional_until: Option<NaiveDate>,
    posting_date: NaiveDate,
    reversed_on: NaiveDate,
}

/// Reads entries at CUSTOMER level with their reversals, where the two are posted on different dates: all other reversals
/// cancel their entry on its own date.
pub async fn reversed_elsewhere(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<(CustomerId, PostedSum)>, StoreError> {
    let statement = REVERSED_ELSEWHERE.on(tx);
    let rows: Vec<ReversedRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    let mut all = Vec::with_capacity(2 * rows.len());
    for row in rows {
        let wrong = |column| StoreError::corrupt("entry", &row.customer_id, column, "is not a known one");
        let change = outcome::activity_change(row.activity_change.as_deref(), &row.customer_id)?;
        let currency = Currency::parse(&row.currency).map_err(|_| wrong("currency"))?;
        let customer_id = parse_id(&row.customer_id)?;
        let delta = i128::from(row.delta_micros);
        for (date, delta, movements) in [(row.posting_date, delta, 1), (row.reversed_on, -delta, -1)] {
            let sum =
                ActivitySum { currency, change: change.map(|change| (row.effective_date, change)), delta, movements };
            let month = Month::of(date).start();
            all.push((customer_id.clone(), PostedSum { month, provisional_until: row.provisional_until, sum }));
        }
    }
    Ok(all)
}

async fn fetch(
    tx: &mut Tx,
    statement: &'static Statement,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<Vec<Entry>, StoreError> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let statement = statement.on(tx);
    let rows: Vec<EntryRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    rows.into_iter().map(EntryRow::parse).collect()
}

static REVERSED: Statement = Statement::each(
    "select reverses from entry
    where tenant_id = $1 and reverses is not null and customer_id in (select value from json_each($2))",
    "select it.reverses from unnest($2::text[]) as wanted (id)
    cross join lateral (
        select reverses from entry
        where tenant_id = $1 and reverses is not null and customer_id = wanted.id
        offset 0) as it",
);

/// Finds the reversed entries of some customers.
pub async fn reversed(
    tx: &mut Tx,
    tenant: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeSet<Sequence>, StoreError> {
    let statement = REVERSED.on(tx);
    let found: Vec<Sequence> = on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(set(customers)).fetch_all(connection).await?
    });
    Ok(found.into_iter().collect())
}

static LAST: Statement = Statement::new("select max(sequence) from entry where tenant_id = $1 and sequence <= $2");

/// Finds the last entry up to a sequence.
pub async fn last(tx: &mut Tx, tenant: &TenantId, through: Sequence) -> Result<Option<Sequence>, StoreError> {
    let statement = LAST.on(tx);
    Ok(on!(tx, connection => {
        sqlx::query_scalar(statement).bind(tenant.as_str()).bind(through).fetch_one(connection).await?
    }))
}

static PROVISIONAL: Statement = Statement::new(
    "select distinct customer_id from entry
    where tenant_id = $1 and provisional_until > $2 and posting_date < $3 and {is_live}
    order by customer_id limit $4",
);

/// Lists customers with a live entry that is posted before one date and provisional until after another (R11).
pub async fn with_provisional(
    tx: &mut Tx,
    tenant: &TenantId,
    today: NaiveDate,
    posted_before: NaiveDate,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let statement = PROVISIONAL.on(tx);
    let ids: Vec<String> = on!(tx, connection => {
        sqlx::query_scalar(statement)
            .bind(tenant.as_str())
            .bind(today)
            .bind(posted_before)
            .bind(limit)
            .fetch_all(connection)
            .await?
    });
    ids.iter().map(|id| parse_id(id)).collect()
}

static OF_RECORDING: Statement = Statement::new(
    "select {entry_columns} from entry
    where tenant_id = $1 and customer_id = $2 and version = $3 order by sequence limit $4",
);

static COUNT_OF_RECORDING: Statement =
    Statement::new("select count(*) from entry where tenant_id = $1 and customer_id = $2 and version = $3");

/// Reads the entries of one recording of a customer: the first ones, and the number of all.
pub async fn of_recording(
    tx: &mut Tx,
    tenant: &TenantId,
    customer: &CustomerId,
    version: Version,
    limit: usize,
) -> Result<(Vec<Entry>, usize), StoreError> {
    let (tenant, customer) = (tenant.as_str(), customer.as_str());
    let (first, count) = (OF_RECORDING.on(tx), COUNT_OF_RECORDING.on(tx));
    let most = i64::try_from(limit).map_err(|_| bug!("a limit of {limit} entries"))?;
    let rows: Vec<EntryRow> = on!(tx, connection => {
        sqlx::query_as(first).bind(tenant).bind(customer).bind(version).bind(most).fetch_all(connection).await?
    });
    let mut all = rows.len();
    if all >= limit {
        let counted: i64 = on!(tx, connection => {
            sqlx::query_scalar(count).bind(tenant).bind(customer).bind(version).fetch_one(connection).await?
        });
        all = usize::try_from(counted).map_err(|_| bug!("{counted} entries of a recording"))?;
    }
    let entries: Result<Vec<Entry>, StoreError> = rows.into_iter().map(EntryRow::parse).collect();
    Ok((entries?, all))
}

static BY_SEQUENCE: Statement =
    Statement::new("select {entry_columns} from entry where sequence = $1 and tenant_id = $2");

/// Finds an entry by its sequence.
pub async fn by_sequence(tx: &mut Tx, tenant: &TenantId, sequence: Sequence) -> Result<Option<Entry>, StoreError> {
    let statement = BY_SEQUENCE.on(tx);
    let row: Option<EntryRow> = on!(tx, connection => {
        sqlx::query_as(statement).bind(sequence).bind(tenant.as_str()).fetch_optional(connection).await?
    });
    row.map(EntryRow::parse).transpose()
}

static BETWEEN: Statement = Statement::new(
    "select {entry_columns} from entry
    where sequence > $1 and sequence <= $2 and tenant_id = $3 order by sequence limit $4",
);

/// Reads the entries behind one sequence and up to another, in their order.
pub async fn between(
    tx: &mut Tx,
    tenant: &TenantId,
    after: Sequence,
    through: Sequence,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> = between_numbers(tx, &BETWEEN, tenant, (after, through), limit).await?;
    rows.into_iter().map(EntryRow::parse).collect()
}
