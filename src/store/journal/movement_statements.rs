//! The statements behind pages of the journal.

use crate::store::db::Statement;
use crate::store::journal::entry_row::columns;
use crate::store::journal::page_row::columns_as_json;

/// Statements for each order, so that both databases find the rows by their keys. The filter is the same. Whether an entry was
/// reversed is looked up for each, and spelled such that PostgreSQL expects most not to be: `not exists` makes it read all
/// entries first, `is null` expect that hardly any is left, and sort them. Dates between which
/// everything is posted are always there, so that they can be the ends of a walk.
macro_rules! page {
    ($columns:ident, $category:literal, $subcategory:literal, $which:literal, $after:literal, $order:literal) => {
        concat!(
            "select ",
            $columns!(),
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
                and (not $11 or (reverses is null and coalesce((
                    select 1 from entry as later
                    where later.tenant_id = entry.tenant_id and later.customer_id = entry.customer_id
                        and later.reverses = entry.sequence limit 1), 0) <> 1))
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
                columns_as_json,
                "($3 = '[]' or category in (select value from json_each($3)))",
                "($4 = '[]' or subcategory in (select value from json_each($4)))",
                $on_sqlite,
                $after,
                $order
            ),
            postgres: page!(
                columns,
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
pub(in crate::store) struct Statements {
    /// Of all customers ($7 is null).
    pub everybody: Statement,
    pub one_customer: Statement,
    /// Of adjustments, which have an index of their own.
    pub adjustments: Statement,
}

macro_rules! pages {
    ($after:literal, $order:literal) => {
        pages!($after, $order, "cast($7 as text) is null", "cast($7 as text) is null", $after, $order)
    };
    ($after:literal, $order:literal, $all_on_sqlite:literal, $all_on_postgres:literal, $all_after:literal, $all_order:literal) => {
        Statements {
            everybody: for_both!($all_on_sqlite, $all_on_postgres, $all_after, $all_order),
            one_customer: for_both!("customer_id = $7", "customer_id = $7", $after, $order),
            adjustments: for_both!(
                "posting_date <> effective_date and (cast($7 as text) is null or customer_id = $7)",
                "posting_date - effective_date > 0 and (cast($7 as text) is null or customer_id = $7)",
                $after,
                $order
            ),
        }
    };
}

pub(in crate::store) const JOURNAL: Statements = pages!("cast($12 as date) is not null and sequence > $13", "sequence");
pub(in crate::store) const JOURNAL_DESCENDING: Statements =
    pages!("cast($12 as date) is not null and sequence < $13", "sequence desc");
/// Of all customers only what is no adjustment: its effective date is its posting date.
pub(in crate::store) const EFFECTIVE_DATE: Statements = pages!(
    "(effective_date, sequence) > ($12, $13)",
    "effective_date, sequence",
    "cast($7 as text) is null and posting_date = effective_date",
    "cast($7 as text) is null and posting_date - effective_date = 0",
    "(posting_date, sequence) > ($12, $13)",
    "posting_date, sequence"
);
pub(in crate::store) const EFFECTIVE_DATE_DESCENDING: Statements = pages!(
    "(effective_date, sequence) < ($12, $13)",
    "effective_date desc, sequence desc",
    "cast($7 as text) is null and posting_date = effective_date",
    "cast($7 as text) is null and posting_date - effective_date = 0",
    "(posting_date, sequence) < ($12, $13)",
    "posting_date desc, sequence desc"
);
pub(in crate::store) const POSTING_DATE: Statements =
    pages!("(posting_date, sequence) > ($12, $13)", "posting_date, sequence");
pub(in crate::store) const POSTING_DATE_DESCENDING: Statements =
    pages!("(posting_date, sequence) < ($12, $13)", "posting_date desc, sequence desc");
