//! Pages of the journal, filtered, in six orders.
//!
//! None of them sorts the journal: each walks along an index that has its order, from where the last page ended. By effective date
//! there is none: what is posted on its own date is found by the index of posting dates, and adjustments, which are few, by
//! theirs; a page is made of both.

use chrono::NaiveDate;

use super::db::{Set, Statement, Tx, on};
use super::entry::{Entry, Sequence};
use super::entry_row::{EntryRow, columns};
use super::error::StoreError;
use crate::domain::ids::{Currency, CustomerId, ItemId, SubscriptionId, TenantId};
use crate::domain::movement::{Category, Level, Subcategory};

/// Which entries to list. What is None or empty does not filter.
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
    /// Leaves out reversals and what they reversed.
    pub live_only: bool,
    /// Posted on this date or later.
    pub posting_from: Option<NaiveDate>,
    /// Posted on this date or earlier.
    pub posting_to: Option<NaiveDate>,
    /// Only what is posted in another month than its own (R16).
    pub adjustments_only: bool,
}

/// In which order to list.
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

/// The place of the last entry of a page: the next page begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// That by which the list is ordered.
    pub date: NaiveDate,
    pub sequence: Sequence,
}

impl Cursor {
    /// The place of an entry in a list of this order.
    #[must_use]
    pub fn of(entry: &Entry, order: MovementOrder) -> Self {
        let date = match order {
            MovementOrder::PostingDate | MovementOrder::PostingDateDescending => entry.posting_date,
            MovementOrder::Journal
            | MovementOrder::JournalDescending
            | MovementOrder::EffectiveDate
            | MovementOrder::EffectiveDateDescending => entry.movement.effective_date,
        };
        Self { date, sequence: entry.sequence }
    }
}

/// Statements for each order, so that both databases find the rows by their keys. The filter is the same. Dates between which
/// everything is posted are always there, so that they can be the ends of a walk.
macro_rules! page {
    ($category:literal, $subcategory:literal, $which:literal, $after:literal, $order:literal) => {
        concat!(
            "select ",
            columns!(),
            " from entry
            where tenant_id = $1
                and (cast($2 as text) is null or level = $2)
                and ",
            $category,
            " and ",
            $subcategory,
            " and (cast($5 as date) is null or effective_date >= $5)
                and (cast($6 as date) is null or effective_date <= $6)
                and ",
            $which,
            " and (cast($8 as text) is null or subscription_id = $8)
                and (cast($9 as text) is null or item_id = $9)
                and (cast($10 as text) is null or currency = $10)
                and (not $11 or (reverses is null and not exists (
                    select 1 from entry as later
                    where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                        and later.reverses = entry.sequence)))
                and posting_date >= $15 and posting_date <= $16
                and ",
            $after,
            " order by ",
            $order,
            " limit $14"
        )
    };
}

/// A statement of one order on both databases, which take sets in their own way.
macro_rules! for_both {
    ($on_sqlite:literal, $on_postgres:literal, $after:literal, $order:literal) => {
        Statement {
            sqlite: page!(
                "($3 = '[]' or category in (select value from json_each($3)))",
                "($4 = '[]' or subcategory in (select value from json_each($4)))",
                $on_sqlite,
                $after,
                $order
            ),
            postgres: page!(
                "($3::text[] = '{}' or category = any ($3))",
                "($4::text[] = '{}' or subcategory = any ($4))",
                $on_postgres,
                $after,
                $order
            ),
        }
    };
}

/// The statements of one order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statements {
    /// Of all customers ($7 is null).
    pub all: Statement,
    pub one: Statement,
    /// Of adjustments, which have an index of their own.
    pub adjustments: Statement,
}

macro_rules! pages {
    ($after:literal, $order:literal) => {
        pages!($after, $order, "cast($7 as text) is null", "cast($7 as text) is null", $after, $order)
    };
    ($after:literal, $order:literal, $all_on_sqlite:literal, $all_on_postgres:literal, $all_after:literal, $all_order:literal) => {
        Statements {
            all: for_both!($all_on_sqlite, $all_on_postgres, $all_after, $all_order),
            one: for_both!("customer_id = $7", "customer_id = $7", $after, $order),
            adjustments: for_both!(
                "posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)",
                "posting_date - effective_date > 0 and (cast($7 as text) is null or customer_id = $7)",
                $after,
                $order
            ),
        }
    };
}

pub(super) const JOURNAL: Statements = pages!("cast($12 as date) is not null and sequence > $13", "sequence");
pub(super) const JOURNAL_DESCENDING: Statements =
    pages!("cast($12 as date) is not null and sequence < $13", "sequence desc");
/// Of all customers only what is no adjustment: its effective date is its posting date.
pub(super) const EFFECTIVE_DATE: Statements = pages!(
    "(effective_date, sequence) > ($12, $13)",
    "effective_date, sequence",
    "cast($7 as text) is null and posting_date = effective_date",
    "cast($7 as text) is null and posting_date - effective_date = 0",
    "(posting_date, sequence) > ($12, $13)",
    "posting_date, sequence"
);
pub(super) const EFFECTIVE_DATE_DESCENDING: Statements = pages!(
    "(effective_date, sequence) < ($12, $13)",
    "effective_date desc, sequence desc",
    "cast($7 as text) is null and posting_date = effective_date",
    "cast($7 as text) is null and posting_date - effective_date = 0",
    "(posting_date, sequence) < ($12, $13)",
    "posting_date desc, sequence desc"
);
pub(super) const POSTING_DATE: Statements = pages!("(posting_date, sequence) > ($12, $13)", "posting_date, sequence");
pub(super) const POSTING_DATE_DESCENDING: Statements =
    pages!("(posting_date, sequence) < ($12, $13)", "posting_date desc, sequence desc");

const FIRST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};
const LAST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// Where a walk begins, and the posting dates between which it goes.
#[derive(Debug, Clone, Copy)]
struct Walk {
    after: Cursor,
    posting: (NaiveDate, NaiveDate),
    limit: i64,
}

/// The next entries behind the cursor (None: the first ones).
pub async fn page(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &MovementFilter,
    order: MovementOrder,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let statements = match order {
        MovementOrder::Journal => JOURNAL,
        MovementOrder::JournalDescending => JOURNAL_DESCENDING,
        MovementOrder::EffectiveDate => EFFECTIVE_DATE,
        MovementOrder::EffectiveDateDescending => EFFECTIVE_DATE_DESCENDING,
        MovementOrder::PostingDate => POSTING_DATE,
        MovementOrder::PostingDateDescending => POSTING_DATE_DESCENDING,
    };
    let is_descending = order.is_descending();
    let start = if is_descending {
        Cursor { date: LAST_DATE, sequence: Sequence::MAX }
    } else {
        Cursor { date: FIRST_DATE, sequence: Sequence::MIN }
    };
    // Nothing is posted before it is effective.
    let from = filter.posting_from.max(filter.effective_from).unwrap_or(FIRST_DATE);
    let to = filter.posting_to.unwrap_or(LAST_DATE);
    let walk = Walk { after: after.unwrap_or(start), posting: (from, to), limit };
    if filter.adjustments_only {
        return fetch(tx, statements.adjustments, tenant, filter, walk).await;
    }
    if filter.customer_id.is_some() {
        return fetch(tx, statements.one, tenant, filter, walk).await;
    }
    if !matches!(order, MovementOrder::EffectiveDate | MovementOrder::EffectiveDateDescending) {
        return fetch(tx, statements.all, tenant, filter, walk).await;
    }
    let on_their_date = Walk { posting: (from, to.min(filter.effective_to.unwrap_or(LAST_DATE))), ..walk };
    let mut entries = fetch(tx, statements.all, tenant, filter, on_their_date).await?;
    entries.extend(fetch(tx, statements.adjustments, tenant, filter, walk).await?);
    entries.sort_by_key(|entry| Cursor::of(entry, order));
    if is_descending {
        entries.reverse();
    }
    entries.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(entries)
}

async fn fetch(
    tx: &mut Tx,
    statement: Statement,
    tenant: &TenantId,
    filter: &MovementFilter,
    Walk { after, posting: (from, to), limit }: Walk,
) -> Result<Vec<Entry>, StoreError> {
    let statement = statement.on(tx);
    let categories: Set<'_> = filter.categories.iter().map(|category| category.as_str()).collect();
    let subcategories: Set<'_> = filter.subcategories.iter().map(|subcategory| subcategory.as_str()).collect();
    let rows: Vec<EntryRow> = on!(tx, connection => {
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
    rows.into_iter().map(EntryRow::parse).collect()
}
