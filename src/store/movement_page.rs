//! Pages of the journal, filtered, in four orders.

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
}

/// The place of the last entry of a page: the next page begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub effective_date: NaiveDate,
    pub sequence: Sequence,
}

/// Statements for each order, so that both databases find the rows by their keys: of all customers, of one, and of
/// adjustments, which have an index of their own. The filter is the same.
macro_rules! page {
    ($category:literal, $subcategory:literal, $customer:literal, $after:literal, $order:literal) => {
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
            $customer,
            " and (cast($8 as text) is null or subscription_id = $8)
                and (cast($9 as text) is null or item_id = $9)
                and (cast($10 as text) is null or currency = $10)
                and (not $11 or (reverses is null and not exists (
                    select 1 from entry as later
                    where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                        and later.reverses = entry.sequence)))
                and (cast($15 as date) is null or posting_date >= $15)
                and (cast($16 as date) is null or posting_date <= $16)
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

/// The statements of one order: of all customers ($7 is null), of one, and of adjustments.
macro_rules! pages {
    ($after:literal, $order:literal) => {
        [
            for_both!("cast($7 as text) is null", "cast($7 as text) is null", $after, $order),
            for_both!("customer_id = $7", "customer_id = $7", $after, $order),
            for_both!(
                "posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)",
                "posting_date - effective_date > 0 and (cast($7 as text) is null or customer_id = $7)",
                $after,
                $order
            ),
        ]
    };
}

pub(super) const JOURNAL: [Statement; 3] = pages!("cast($12 as date) is not null and sequence > $13", "sequence");
pub(super) const JOURNAL_DESCENDING: [Statement; 3] =
    pages!("cast($12 as date) is not null and sequence < $13", "sequence desc");
pub(super) const EFFECTIVE_DATE: [Statement; 3] =
    pages!("(effective_date, sequence) > ($12, $13)", "effective_date, sequence");
pub(super) const EFFECTIVE_DATE_DESCENDING: [Statement; 3] =
    pages!("(effective_date, sequence) < ($12, $13)", "effective_date desc, sequence desc");

impl Cursor {
    /// Before every entry.
    fn first() -> Self {
        Self { effective_date: NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default(), sequence: Sequence::MIN }
    }

    /// Behind every entry.
    fn last() -> Self {
        Self { effective_date: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default(), sequence: Sequence::MAX }
    }
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
    let ([of_all, of_one, of_adjustments], start) = match order {
        MovementOrder::Journal => (JOURNAL, Cursor::first()),
        MovementOrder::JournalDescending => (JOURNAL_DESCENDING, Cursor::last()),
        MovementOrder::EffectiveDate => (EFFECTIVE_DATE, Cursor::first()),
        MovementOrder::EffectiveDateDescending => (EFFECTIVE_DATE_DESCENDING, Cursor::last()),
    };
    let statement = match filter.customer_id {
        _ if filter.adjustments_only => of_adjustments,
        Some(_) => of_one,
        None => of_all,
    };
    let statement = statement.on(tx);
    let after = after.unwrap_or(start);
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
            .bind(after.effective_date)
            .bind(after.sequence)
            .bind(limit)
            .bind(filter.posting_from)
            .bind(filter.posting_to)
            .fetch_all(connection)
            .await?
    });
    rows.into_iter().map(EntryRow::parse).collect()
}
