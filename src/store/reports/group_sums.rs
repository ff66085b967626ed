//! Sums of groups of entries: of an item, of a customer, or of a value of an attribute.
//!
//! There may be as many groups as customers. So a first statement finds the largest groups, and a second one reads their
//! sums. Both begin with `counted`: each entry or total with the name of its group. The parameters $7 to $10 are those of
//! entries; the name of an attribute follows, then the parameters of the statement itself.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::ids::TenantId;
use crate::store::db::{Instant, Set, Tx, on};
use crate::store::error::StoreError;
use crate::store::reports::sums::{SumFilter, SumKey, SumRow, Unit, View};
use crate::store::sql::Statement;
use crate::store::totals::movement_total::Sum;

/// Property that the entries of a group share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    Item,
    Customer,
    /// The attribute of this name, with its current value of the customer.
    CustomerAttribute(String),
    /// The attribute of this name, with its current value of the line. Movements at CUSTOMER level have no line.
    LineAttribute(String),
}

/// Text after every id.
const LAST_ID: &str = "\u{10ffff}";

/// Query of a grouping.
#[derive(Debug, Clone, Copy)]
struct GroupQuery<'q> {
    tenant: &'q TenantId,
    filter: &'q SumFilter<'q>,
    largest: &'static Statement,
    sums: &'static Statement,
    /// Reads totals, which are by month.
    is_of_totals: bool,
    attribute: Option<&'q str>,
    dates: (NaiveDate, NaiveDate),
}

impl<'q> GroupQuery<'q> {
    fn of(
        tenant: &'q TenantId,
        filter: &'q SumFilter<'q>,
        grouping: &'q Grouping,
        unit: Unit,
        dates: (NaiveDate, NaiveDate),
    ) -> Self {
        // Totals have months, as reported, as known now.
        let is_of_totals = *grouping == Grouping::Item
            && unit == Unit::Month
            && filter.view == View::AsReported
            && filter.known_at.is_none()
            && filter.customer.is_none();
        let (largest, sums, attribute): (&'static Statement, &'static Statement, _) = match grouping {
            Grouping::Item if is_of_totals => (&LARGEST_MONTH_ITEMS, &SUMS_OF_MONTH_ITEMS, None),
            Grouping::Item => (&LARGEST_ITEMS, &SUMS_OF_ITEMS, None),
            Grouping::Customer => (&LARGEST_CUSTOMERS, &SUMS_OF_CUSTOMERS, None),
            Grouping::CustomerAttribute(name) => {
                (&LARGEST_CUSTOMER_ATTRIBUTES, &SUMS_OF_CUSTOMER_ATTRIBUTES, Some(name.as_str()))
            }
            Grouping::LineAttribute(name) => (&LARGEST_LINE_ATTRIBUTES, &SUMS_OF_LINE_ATTRIBUTES, Some(name.as_str())),
        };
        Self { tenant, filter, largest, sums, is_of_totals, attribute, dates }
    }

    fn customers(&self) -> (&'q str, &'q str) {
        self.filter.customer.map_or(("", LAST_ID), |customer| (customer.as_str(), customer.as_str()))
    }
}

static LARGEST_MONTH_ITEMS: Statement = Statement::new(
    "with counted as (
        select item_id as name, currency, subcategory, is_adjustment, posting_month as counted_on,
            delta_units, delta_micros, movements
        from month_item_total
        where tenant_id = $1 and level = $2 and posting_month <= $4
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
    )
    select distinct name from {ranked_groups} where place <= $7",
);
static SUMS_OF_MONTH_ITEMS: Statement = Statement::new(
    "with counted as (
        select item_id as name, currency, subcategory, is_adjustment, posting_month as counted_on,
            delta_units, delta_micros, movements
        from month_item_total
        where tenant_id = $1 and level = $2 and posting_month <= $4
            and (cast($5 as text) is null or currency = $5) and counts_from <= $6
    )
    select name, currency, case when counted_on >= $3 then
            case when cast($8 as boolean) then {month_of counted_on} else counted_on end
        end as date, subcategory, is_adjustment,
        {sums_of_totals}
    from counted where name {in $7} group by 1, 2, 3, 4, 5",
);

static LARGEST_ITEMS: Statement = Statement::new(
    "with counted as (
        select item_id as name, {counted_columns}
        from entry
        where {counted_filter}
    )
    select distinct name from {ranked_groups} where place <= $11",
);
static SUMS_OF_ITEMS: Statement = Statement::new(
    "with counted as (
        select item_id as name, {counted_columns}
        from entry
        where {counted_filter}
    )
    select name, currency, case when counted_on >= $3 then
            case when cast($12 as boolean) then {month_of counted_on} else counted_on end
        end as date, subcategory, is_adjustment,
        {sums_of_totals}
    from counted where name {in $11} group by 1, 2, 3, 4, 5",
);

static LARGEST_CUSTOMERS: Statement = Statement::new(
    "with counted as (
        select entry.customer_id as name, {counted_columns}
        from entry
        where {counted_filter}
    )
    select distinct name from {ranked_groups} where place <= $11",
);
static SUMS_OF_CUSTOMERS: Statement = Statement::new(
    "with counted as (
        select entry.customer_id as name, {counted_columns}
        from entry
        where {counted_filter}
    )
    select name, currency, case when counted_on >= $3 then
            case when cast($12 as boolean) then {month_of counted_on} else counted_on end
        end as date, subcategory, is_adjustment,
        {sums_of_totals}
    from counted where name {in $11} group by 1, 2, 3, 4, 5",
);

static LARGEST_CUSTOMER_ATTRIBUTES: Statement = Statement::new(
    "with named as (
        select customer_id, fact_id, {attribute customer $11} as value from fact
        where tenant_id = $1 and kind = 'CUSTOMER' and customer_id >= $7 and customer_id <= $8
            and {is_latest_revision}
    ), counted as (
        select coalesce(named.value, '') as name, {counted_columns}
        from entry left join named on named.customer_id = entry.customer_id
        where {counted_filter}
    )
    select distinct name from {ranked_groups} where place <= $12",
);
static SUMS_OF_CUSTOMER_ATTRIBUTES: Statement = Statement::new(
    "with named as (
        select customer_id, fact_id, {attribute customer $11} as value from fact
        where tenant_id = $1 and kind = 'CUSTOMER' and customer_id >= $7 and customer_id <= $8
            and {is_latest_revision}
    ), counted as (
        select coalesce(named.value, '') as name, {counted_columns}
        from entry left join named on named.customer_id = entry.customer_id
        where {counted_filter}
    )
    select name, currency, case when counted_on >= $3 then
            case when cast($13 as boolean) then {month_of counted_on} else counted_on end
        end as date, subcategory, is_adjustment,
        {sums_of_totals}
    from counted where name {in $12} group by 1, 2, 3, 4, 5",
);

static LARGEST_LINE_ATTRIBUTES: Statement = Statement::new(
    "with named as (
        select customer_id, fact_id, {attribute subscription_line $11} as value from fact
        where tenant_id = $1 and kind = 'SUBSCRIPTION_LINE' and customer_id >= $7 and customer_id <= $8
            and {is_latest_revision}
    ), counted as (
        select coalesce(named.value, '') as name, {counted_columns}
        from entry left join named on named.customer_id = entry.customer_id and named.fact_id = entry.line_id
        where {counted_filter}
    )
    select distinct name from {ranked_groups} where place <= $12",
);
static SUMS_OF_LINE_ATTRIBUTES: Statement = Statement::new(
    "with named as (
        select customer_id, fact_id, {attribute subscription_line $11} as value from fact
        where tenant_id = $1 and kind = 'SUBSCRIPTION_LINE' and customer_id >= $7 and customer_id <= $8
            and {is_latest_revision}
    ), counted as (
        select coalesce(named.value, '') as name, {counted_columns}
        from entry left join named on named.customer_id = entry.customer_id and named.fact_id = entry.line_id
        where {counted_filter}
    )
    select name, currency, case when counted_on >= $3 then
            case when cast($13 as boolean) then {month_of counted_on} else counted_on end
        end as date, subcategory, is_adjustment,
        {sums_of_totals}
    from counted where name {in $12} group by 1, 2, 3, 4, 5",
);

/// Binds the parameters that all statements share.
macro_rules! bound {
    ($statement:expr, $reading:ident) => {{
        let GroupQuery { tenant, filter, is_of_totals, attribute, dates: (first, last), .. } = $reading;
        let query = sqlx::query_as($statement)
            .bind(tenant.as_str())
            .bind(filter.level.as_str())
            .bind(first)
            .bind(last)
            .bind(filter.currency.as_ref().map(|it| it.as_str()))
            .bind(filter.today);
        let (from, to) = $reading.customers();
        let query = if is_of_totals {
            query
        } else {
            query.bind(from).bind(to).bind(filter.known_at.map(Instant)).bind(filter.view == View::Restated)
        };
        match attribute {
            Some(name) => query.bind(name),
            None => query,
        }
    }};
}

/// Finds the names of the largest groups, at most `most` in each currency. The size of a group is its sum on the last date
/// plus all amounts from the first date on, without their signs.
pub async fn largest(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    grouping: &Grouping,
    (unit, dates): (Unit, (NaiveDate, NaiveDate)),
    most: i64,
) -> Result<BTreeSet<String>, StoreError> {
    let reading = GroupQuery::of(tenant, filter, grouping, unit, dates);
    let statement = reading.largest.on(tx);
    let names: Vec<(String,)> = on!(tx, connection => {
        bound!(statement, reading).bind(most).fetch_all(connection).await?
    });
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// Reads the sums of some groups through the last date. Everything before the first date is one sum.
pub async fn of_groups(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    grouping: &Grouping,
    (unit, dates): (Unit, (NaiveDate, NaiveDate)),
    names: &BTreeSet<String>,
) -> Result<Vec<(String, SumKey, Sum)>, StoreError> {
    let reading = GroupQuery::of(tenant, filter, grouping, unit, dates);
    let statement = reading.sums.on(tx);
    let names: Set<&str> = names.iter().map(String::as_str).collect();
    let rows: Vec<GroupRow> = on!(tx, connection => {
        bound!(statement, reading).bind(names).bind(unit == Unit::Month).fetch_all(connection).await?
    });
    let parse = |row: GroupRow| row.sum.parse().map(|(key, sum)| (row.name, key, sum));
    rows.into_iter().map(parse).collect()
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    name: String,
    #[sqlx(flatten)]
    sum: SumRow,
}
