//! The statements of [`crate::store::reports::group_sums`].
//!
//! What is counted is the same in all of them: `counted`, which has the name of a group for each entry, or total. Of the
//! parameters $7 to $10 are those of entries; the name of an attribute follows, then what the statement itself wants.

use crate::store::db::Statement;

/// The statements of a grouping.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Grouped {
    /// The names of its largest groups.
    pub largest: Statement,
    /// What some of them come to.
    pub sums: Statement,
}

/// Sizes are in whole units of the currency, which can be added up without end.
macro_rules! largest {
    ($counted:expr, $most:literal) => {
        concat!(
            $counted,
            " select distinct name from (
                select name, row_number() over (partition by currency order by size desc, name) as place
                from (
                    select currency, name, abs(sum(delta_units))
                        + sum(case when counted_on >= $3 then abs(delta_units) else 0 end) as size
                    from counted group by currency, name
                ) as sized
            ) as placed where place <= ",
            $most
        )
    };
}

macro_rules! sums {
    ($counted:expr, $names:expr, $is_month:literal, $month:literal) => {
        concat!(
            $counted,
            " select name, currency, case when counted_on >= $3 then
                    case when cast(",
            $is_month,
            " as boolean) then ",
            $month,
            " else counted_on end
                end as date, subcategory, is_adjustment,
                cast(sum(delta_units) as bigint) as delta_units,
                cast(sum(delta_micros) as bigint) as delta_micros,
                cast(sum(movements) as bigint) as movements
            from counted where name ",
            $names,
            " group by 1, 2, 3, 4, 5"
        )
    };
}

macro_rules! grouped {
    ($counted_on_sqlite:expr, $counted_on_postgres:expr, $next:literal, $after:literal) => {
        Grouped {
            largest: Statement {
                sqlite: largest!($counted_on_sqlite, $next),
                postgres: largest!($counted_on_postgres, $next),
            },
            sums: Statement {
                sqlite: sums!(
                    $counted_on_sqlite,
                    concat!("in (select value from json_each(", $next, "))"),
                    $after,
                    "substr(counted_on, 1, 7) || '-01'"
                ),
                postgres: sums!(
                    $counted_on_postgres,
                    concat!("= any(", $next, ")"),
                    $after,
                    "date_trunc('month', counted_on)::date"
                ),
            },
        }
    };
}

macro_rules! of_entries {
    ($with:expr, $name:literal, $join:literal) => {
        concat!(
            "with ",
            $with,
            " counted as (
                select ",
            $name,
            " as name, currency, subcategory, posting_date <> effective_date as is_adjustment,
                    case when cast($10 as boolean) then effective_date else posting_date end as counted_on,
                    delta_micros / 1000000 as delta_units, delta_micros % 1000000 as delta_micros,
                    case when reverses is null then 1 else -1 end as movements
                from entry ",
            $join,
            " where entry.tenant_id = $1 and level = $2
                    and case when cast($10 as boolean) then effective_date else posting_date end <= $4
                    and (cast($5 as text) is null or currency = $5)
                    and (provisional_until is null or provisional_until <= $6)
                    and entry.customer_id >= $7 and entry.customer_id <= $8
                    and (cast($9 as timestamptz) is null or entry.recorded_at <= $9)
            )"
        )
    };
}

macro_rules! of_month_items {
    () => {
        "with counted as (
            select item_id as name, currency, subcategory, is_adjustment, posting_month as counted_on,
                delta_units, delta_micros, movements
            from month_item_total
            where tenant_id = $1 and level = $2 and posting_month <= $4
                and (cast($5 as text) is null or currency = $5) and counts_from <= $6
        )"
    };
}

/// The attribute named $11 of the facts of a kind, at their highest revision.
macro_rules! named {
    ($kind:literal, $value:literal) => {
        concat!(
            "named as (
                select customer_id, fact_id, ",
            $value,
            " as value from fact
                where tenant_id = $1 and kind = '",
            $kind,
            "' and customer_id >= $7 and customer_id <= $8
                    and not exists (
                        select 1 from fact as later
                        where later.tenant_id = fact.tenant_id and later.customer_id = fact.customer_id
                            and later.kind = fact.kind and later.fact_id = fact.fact_id
                            and later.revision > fact.revision)
            ),"
        )
    };
}

pub(in crate::store) const OF_MONTH_ITEMS: Grouped = grouped!(of_month_items!(), of_month_items!(), "$7", "$8");
pub(in crate::store) const OF_ITEMS: Grouped =
    grouped!(of_entries!("", "item_id", ""), of_entries!("", "item_id", ""), "$11", "$12");
pub(in crate::store) const OF_CUSTOMERS: Grouped =
    grouped!(of_entries!("", "entry.customer_id", ""), of_entries!("", "entry.customer_id", ""), "$11", "$12");
pub(in crate::store) const OF_CUSTOMER_ATTRIBUTES: Grouped = grouped!(
    of_entries!(
        named!("CUSTOMER", "(select value from json_each(body, '$.customer.attributes') where key = $11)"),
        "coalesce(named.value, '')",
        "left join named on named.customer_id = entry.customer_id"
    ),
    of_entries!(
        named!("CUSTOMER", "body -> 'customer' -> 'attributes' ->> $11"),
        "coalesce(named.value, '')",
        "left join named on named.customer_id = entry.customer_id"
    ),
    "$12",
    "$13"
);
pub(in crate::store) const OF_LINE_ATTRIBUTES: Grouped = grouped!(
    of_entries!(
        named!(
            "SUBSCRIPTION_LINE",
            "(select value from json_each(body, '$.subscription_line.attributes') where key = $11)"
        ),
        "coalesce(named.value, '')",
        "left join named on named.customer_id = entry.customer_id and named.fact_id = entry.line_id"
    ),
    of_entries!(
        named!("SUBSCRIPTION_LINE", "body -> 'subscription_line' -> 'attributes' ->> $11"),
        "coalesce(named.value, '')",
        "left join named on named.customer_id = entry.customer_id and named.fact_id = entry.line_id"
    ),
    "$12",
    "$13"
);

const ALL: [Grouped; 5] = [OF_MONTH_ITEMS, OF_ITEMS, OF_CUSTOMERS, OF_CUSTOMER_ATTRIBUTES, OF_LINE_ATTRIBUTES];

pub(in crate::store) const LARGEST: &[Statement] =
    &[ALL[0].largest, ALL[1].largest, ALL[2].largest, ALL[3].largest, ALL[4].largest];
pub(in crate::store) const SUMS: &[Statement] = &[ALL[0].sums, ALL[1].sums, ALL[2].sums, ALL[3].sums, ALL[4].sums];
