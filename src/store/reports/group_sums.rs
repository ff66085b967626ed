//! What the entries of a group come to: of an item, of a customer, or of all that have the same attribute.
//!
//! There may be as many groups as customers. So the largest ones are found first, and only their sums are read.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::ids::TenantId;
use crate::store::db::{Instant, Set, Tx, on};
use crate::store::error::StoreError;
use crate::store::reports::group_statements::{
    Grouped, OF_CUSTOMER_ATTRIBUTES, OF_CUSTOMERS, OF_ITEMS, OF_LINE_ATTRIBUTES, OF_MONTH_ITEMS,
};
use crate::store::reports::sums::{Row, SumFilter, SumKey, Unit, View};
use crate::store::totals::movement_total::Sum;

/// What entries of one group have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    Item,
    Customer,
    /// The attribute of this name, as the customer has it now.
    CustomerAttribute(String),
    /// The attribute of this name, as the line has it now. Movements of CUSTOMER level are of no line.
    LineAttribute(String),
}

/// Above every id.
const LAST_ID: &str = "\u{10ffff}";

/// How a grouping is read.
#[derive(Debug, Clone, Copy)]
struct Reading<'q> {
    tenant: &'q TenantId,
    filter: &'q SumFilter<'q>,
    statements: Grouped,
    /// From the totals, which are by month.
    is_of_totals: bool,
    attribute: Option<&'q str>,
    dates: (NaiveDate, NaiveDate),
}

impl<'q> Reading<'q> {
    fn of(
        tenant: &'q TenantId,
        filter: &'q SumFilter<'q>,
        grouping: &'q Grouping,
        unit: Unit,
        dates: (NaiveDate, NaiveDate),
    ) -> Self {
        // What totals know: months, as reported, now.
        let is_of_totals = *grouping == Grouping::Item
            && unit == Unit::Month
            && filter.view == View::AsReported
            && filter.known_at.is_none()
            && filter.customer.is_none();
        let (statements, attribute) = match grouping {
            Grouping::Item if is_of_totals => (OF_MONTH_ITEMS, None),
            Grouping::Item => (OF_ITEMS, None),
            Grouping::Customer => (OF_CUSTOMERS, None),
            Grouping::CustomerAttribute(name) => (OF_CUSTOMER_ATTRIBUTES, Some(name.as_str())),
            Grouping::LineAttribute(name) => (OF_LINE_ATTRIBUTES, Some(name.as_str())),
        };
        Self { tenant, filter, statements, is_of_totals, attribute, dates }
    }

    fn customers(&self) -> (&'q str, &'q str) {
        self.filter.customer.map_or(("", LAST_ID), |customer| (customer.as_str(), customer.as_str()))
    }
}

/// Binds what is the same in all statements.
macro_rules! bound {
    ($statement:expr, $reading:ident) => {{
        let Reading { tenant, filter, is_of_totals, attribute, dates: (first, last), .. } = $reading;
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

/// The names of the largest groups, at most so many in each currency: by what they come to on the last date, and by how
/// much moved from the first one on.
pub async fn largest(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    grouping: &Grouping,
    (unit, dates): (Unit, (NaiveDate, NaiveDate)),
    most: i64,
) -> Result<BTreeSet<String>, StoreError> {
    let reading = Reading::of(tenant, filter, grouping, unit, dates);
    let statement = reading.statements.largest.on(tx);
    let names: Vec<(String,)> = on!(tx, connection => {
        bound!(statement, reading).bind(most).fetch_all(connection).await?
    });
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// The sums of some groups, in which everything before the first date is one; through the last one.
pub async fn of_groups(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &SumFilter<'_>,
    grouping: &Grouping,
    (unit, dates): (Unit, (NaiveDate, NaiveDate)),
    names: &BTreeSet<String>,
) -> Result<Vec<(String, SumKey, Sum)>, StoreError> {
    let reading = Reading::of(tenant, filter, grouping, unit, dates);
    let statement = reading.statements.sums.on(tx);
    let names: Set<'_> = names.iter().map(String::as_str).collect();
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
    sum: Row,
}
