//! Pages of the journal, filtered, in six orders.
//!
//! No order sorts the journal: a page continues along an index where the last page ended. Effective dates have no index of
//! their own: entries that are posted on their effective date are found by posting date, and adjustments, which are few, by
//! their own index. A page merges both.

use chrono::NaiveDate;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use crate::bug;
use crate::domain::ids::{Currency, CustomerId, ItemId, SubscriptionId, TenantId};
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::{Category, Level, Subcategory};
use crate::store::db::{Set, Tx, on};
use crate::store::error::StoreError;
pub use crate::store::journal::entry_row::EntryRow;
use crate::store::sql::Statement;

/// Filter of entries. None, or an empty list, does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MovementFilter {
    pub level: Option<Level>,
    pub categories: Vec<Category>,
    pub subcategories: Vec<Subcategory>,
    /// Effective on this date or later.
    pub effective_from: Option<NaiveDate>,
    /// Effective on this date or earlier.
    pub effective_to: Option<NaiveDate>,
    pub customer_id: Option<CustomerId>,
    pub subscription_id: Option<SubscriptionId>,
    pub item_id: Option<ItemId>,
    pub currency: Option<Currency>,
    /// Without reversals and reversed entries.
    pub live_only: bool,
    /// Posted on this date or later.
    pub posting_from: Option<NaiveDate>,
    /// Posted on this date or earlier.
    pub posting_to: Option<NaiveDate>,
    /// Only entries that are posted in a later month than their own (R16).
    pub adjustments_only: bool,
}

/// Order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MovementOrder {
    /// As recorded.
    #[default]
    Journal,
    JournalDescending,
    /// By effective date, then as recorded.
    EffectiveDate,
    EffectiveDateDescending,
    /// By posting date, then as recorded.
    PostingDate,
    PostingDateDescending,
}

impl MovementOrder {
    fn is_descending(self) -> bool {
        match self {
            Self::Journal | Self::EffectiveDate | Self::PostingDate => false,
            Self::JournalDescending | Self::EffectiveDateDescending | Self::PostingDateDescending => true,
        }
    }
}

/// Position of the last entry of a page: the next page begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Date by which the list is ordered.
    pub date: NaiveDate,
    pub sequence: Sequence,
}

impl Cursor {
    /// Position of an entry in a list of this order.
    #[must_use]
    pub fn of(entry: &Entry, order: MovementOrder) -> Self {
        Self::at(entry.posting_date, entry.movement.effective_date, entry.sequence, order)
    }

    /// Position of a row in a list of this order.
    #[must_use]
    pub fn of_row(row: &EntryRow, order: MovementOrder) -> Self {
        Self::at(row.posting_date, row.effective_date, row.sequence, order)
    }

    fn at(posting_date: NaiveDate, effective_date: NaiveDate, sequence: Sequence, order: MovementOrder) -> Self {
        let date = match order {
            MovementOrder::PostingDate | MovementOrder::PostingDateDescending => posting_date,
            MovementOrder::Journal
            | MovementOrder::JournalDescending
            | MovementOrder::EffectiveDate
            | MovementOrder::EffectiveDateDescending => effective_date,
        };
        Self { date, sequence }
    }
}

const FIRST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};
const LAST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// Part of the journal that a statement reads: behind a cursor, between two posting dates.
#[derive(Debug, Clone, Copy)]
struct Walk {
    after: Cursor,
    posting: (NaiveDate, NaiveDate),
    limit: i64,
}

/// Entries that a statement searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Entries of all customers; by effective date only those that are no adjustments: they are posted on that date.
    All,
    Customer,
    /// Adjustments, which have an index of their own.
    Adjustments,
}

fn statement(order: MovementOrder, scope: Scope) -> &'static Statement {
    use MovementOrder::{
        EffectiveDate, EffectiveDateDescending, Journal, JournalDescending, PostingDate, PostingDateDescending,
    };
    match (order, scope) {
        (Journal, Scope::All) => &JOURNAL_OF_ALL,
        (Journal, Scope::Customer) => &JOURNAL_OF_CUSTOMER,
        (Journal, Scope::Adjustments) => &JOURNAL_OF_ADJUSTMENTS,
        (JournalDescending, Scope::All) => &JOURNAL_DESCENDING_OF_ALL,
        (JournalDescending, Scope::Customer) => &JOURNAL_DESCENDING_OF_CUSTOMER,
        (JournalDescending, Scope::Adjustments) => &JOURNAL_DESCENDING_OF_ADJUSTMENTS,
        (EffectiveDate, Scope::All) => &EFFECTIVE_DATE_OF_ALL,
        (EffectiveDate, Scope::Customer) => &EFFECTIVE_DATE_OF_CUSTOMER,
        (EffectiveDate, Scope::Adjustments) => &EFFECTIVE_DATE_OF_ADJUSTMENTS,
        (EffectiveDateDescending, Scope::All) => &EFFECTIVE_DATE_DESCENDING_OF_ALL,
        (EffectiveDateDescending, Scope::Customer) => &EFFECTIVE_DATE_DESCENDING_OF_CUSTOMER,
        (EffectiveDateDescending, Scope::Adjustments) => &EFFECTIVE_DATE_DESCENDING_OF_ADJUSTMENTS,
        (PostingDate, Scope::All) => &POSTING_DATE_OF_ALL,
        (PostingDate, Scope::Customer) => &POSTING_DATE_OF_CUSTOMER,
        (PostingDate, Scope::Adjustments) => &POSTING_DATE_OF_ADJUSTMENTS,
        (PostingDateDescending, Scope::All) => &POSTING_DATE_DESCENDING_OF_ALL,
        (PostingDateDescending, Scope::Customer) => &POSTING_DATE_DESCENDING_OF_CUSTOMER,
        (PostingDateDescending, Scope::Adjustments) => &POSTING_DATE_DESCENDING_OF_ADJUSTMENTS,
    }
}

static JOURNAL_OF_ALL: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and cast($7 as text) is null
        and cast($12 as date) is not null and sequence > $13
    order by sequence limit $14",
);
static JOURNAL_OF_CUSTOMER: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and customer_id = $7
        and cast($12 as date) is not null and sequence > $13
    order by sequence limit $14",
);
static JOURNAL_OF_ADJUSTMENTS: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and {is_adjustment} and (cast($7 as text) is null or customer_id = $7)
        and cast($12 as date) is not null and sequence > $13
    order by sequence limit $14",
);

static JOURNAL_DESCENDING_OF_ALL: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and cast($7 as text) is null
        and cast($12 as date) is not null and sequence < $13
    order by sequence desc limit $14",
);
static JOURNAL_DESCENDING_OF_CUSTOMER: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and customer_id = $7
        and cast($12 as date) is not null and sequence < $13
    order by sequence desc limit $14",
);
static JOURNAL_DESCENDING_OF_ADJUSTMENTS: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and {is_adjustment} and (cast($7 as text) is null or customer_id = $7)
        and cast($12 as date) is not null and sequence < $13
    order by sequence desc limit $14",
);

static EFFECTIVE_DATE_OF_ALL: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and cast($7 as text) is null and {is_no_adjustment}
        and (posting_date, sequence) > ($12, $13)
    order by posting_date, sequence limit $14",
);
static EFFECTIVE_DATE_OF_CUSTOMER: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and customer_id = $7
        and (effective_date, sequence) > ($12, $13)
    order by effective_date, sequence limit $14",
);
static EFFECTIVE_DATE_OF_ADJUSTMENTS: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and {is_adjustment} and (cast($7 as text) is null or customer_id = $7)
        and (effective_date, sequence) > ($12, $13)
    order by effective_date, sequence limit $14",
);

static EFFECTIVE_DATE_DESCENDING_OF_ALL: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and cast($7 as text) is null and {is_no_adjustment}
        and (posting_date, sequence) < ($12, $13)
    order by posting_date desc, sequence desc limit $14",
);
static EFFECTIVE_DATE_DESCENDING_OF_CUSTOMER: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and customer_id = $7
        and (effective_date, sequence) < ($12, $13)
    order by effective_date desc, sequence desc limit $14",
);
static EFFECTIVE_DATE_DESCENDING_OF_ADJUSTMENTS: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and {is_adjustment} and (cast($7 as text) is null or customer_id = $7)
        and (effective_date, sequence) < ($12, $13)
    order by effective_date desc, sequence desc limit $14",
);

static POSTING_DATE_OF_ALL: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and cast($7 as text) is null
        and (posting_date, sequence) > ($12, $13)
    order by posting_date, sequence limit $14",
);
static POSTING_DATE_OF_CUSTOMER: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and customer_id = $7
        and (posting_date, sequence) > ($12, $13)
    order by posting_date, sequence limit $14",
);
static POSTING_DATE_OF_ADJUSTMENTS: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and {is_adjustment} and (cast($7 as text) is null or customer_id = $7)
        and (posting_date, sequence) > ($12, $13)
    order by posting_date, sequence limit $14",
);

static POSTING_DATE_DESCENDING_OF_ALL: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and cast($7 as text) is null
        and (posting_date, sequence) < ($12, $13)
    order by posting_date desc, sequence desc limit $14",
);
static POSTING_DATE_DESCENDING_OF_CUSTOMER: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and customer_id = $7
        and (posting_date, sequence) < ($12, $13)
    order by posting_date desc, sequence desc limit $14",
);
static POSTING_DATE_DESCENDING_OF_ADJUSTMENTS: Statement = Statement::new(
    "select {entry_row} from entry
    where {movement_filter}
        and {is_adjustment} and (cast($7 as text) is null or customer_id = $7)
        and (posting_date, sequence) < ($12, $13)
    order by posting_date desc, sequence desc limit $14",
);

/// Reads the next rows behind the cursor (None: the first ones). A caller that needs entries parses them.
pub async fn rows(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &MovementFilter,
    order: MovementOrder,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let is_descending = order.is_descending();
    let walk = |posting: (NaiveDate, NaiveDate), (first, last): (NaiveDate, NaiveDate)| {
        let start = if is_descending {
            Cursor { date: last, sequence: Sequence::MAX }
        } else {
            Cursor { date: first, sequence: Sequence::MIN }
        };
        Walk { after: after.unwrap_or(start), posting, limit }
    };
    let effective = (filter.effective_from.unwrap_or(FIRST_DATE), filter.effective_to.unwrap_or(LAST_DATE));
    // Nothing is posted before it is effective.
    let from = filter.posting_from.max(filter.effective_from).unwrap_or(FIRST_DATE);
    let to = filter.posting_to.unwrap_or(LAST_DATE);
    let is_by_effective_date = matches!(order, MovementOrder::EffectiveDate | MovementOrder::EffectiveDateDescending);
    let is_by_posting_date = matches!(order, MovementOrder::PostingDate | MovementOrder::PostingDateDescending);
    // The cursor narrows the posting dates too: SQLite uses one of the two bounds, not always the narrower one.
    let behind = |(from, to): (NaiveDate, NaiveDate)| match after {
        Some(cursor) if is_descending => (from, to.min(cursor.date)),
        Some(cursor) => (from.max(cursor.date), to),
        None => (from, to),
    };
    let posting = if is_by_posting_date { behind((from, to)) } else { (from, to) };
    let of_all = walk(posting, if is_by_effective_date { effective } else { (from, to) });
    if filter.adjustments_only {
        return fetch(tx, statement(order, Scope::Adjustments), tenant, filter, of_all).await;
    }
    if filter.customer_id.is_some() {
        return fetch(tx, statement(order, Scope::Customer), tenant, filter, of_all).await;
    }
    if !is_by_effective_date {
        return fetch(tx, statement(order, Scope::All), tenant, filter, of_all).await;
    }
    let (_, effective_to) = effective;
    let on_their_date = (from, to.min(effective_to));
    let mut rows =
        fetch(tx, statement(order, Scope::All), tenant, filter, walk(behind(on_their_date), on_their_date)).await?;
    rows.extend(fetch(tx, statement(order, Scope::Adjustments), tenant, filter, of_all).await?);
    rows.sort_by_key(|row| Cursor::of_row(row, order));
    if is_descending {
        rows.reverse();
    }
    rows.truncate(usize::try_from(limit).map_err(|_| bug!("a limit of {limit} entries"))?);
    Ok(rows)
}

async fn fetch(
    tx: &mut Tx,
    statement: &'static Statement,
    tenant: &TenantId,
    filter: &MovementFilter,
    Walk { after, posting: (from, to), limit }: Walk,
) -> Result<Vec<EntryRow>, StoreError> {
    let statement = statement.on(tx);
    let categories: Set<&str> = filter.categories.iter().map(|category| category.as_str()).collect();
    let subcategories: Set<&str> = filter.subcategories.iter().map(|subcategory| subcategory.as_str()).collect();
    let rows: Vec<PageRow> = on!(tx, connection => {
        sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(filter.level.map(Level::as_str))
            .bind(categories)
            .bind(subcategories)
            .bind(filter.effective_from)
            .bind(filter.effective_to)
            .bind(filter.customer_id.as_ref().map(CustomerId::as_str))
            .bind(filter.subscription_id.as_ref().map(SubscriptionId::as_str))
            .bind(filter.item_id.as_ref().map(ItemId::as_str))
            .bind(filter.currency.as_ref().map(Currency::as_str))
            .bind(filter.live_only)
            .bind(after.date)
            .bind(after.sequence)
            .bind(limit)
            .bind(from)
            .bind(to)
            .fetch_all(connection)
            .await?
    });
    Ok(rows.into_iter().map(|PageRow(row)| row).collect())
}

/// A row of a page. On SQLite it is read as one value, because the driver copies each value, which takes longer than all
/// other work.
struct PageRow(EntryRow);

impl FromRow<'_, PgRow> for PageRow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        EntryRow::from_row(row).map(Self)
    }
}

impl FromRow<'_, SqliteRow> for PageRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let columns = serde_json::from_str(row.try_get(0)?);
        columns.map(Self).map_err(|error| sqlx::Error::Decode(error.into()))
    }
}
