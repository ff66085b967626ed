//! Reports by group: the largest groups, and the rest added up.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::ids::{Currency, TenantId};
use crate::reports::error::ReportError;
use crate::reports::waterfall::book::Book;
use crate::store::db::Tx;
use crate::store::reports::group_sums::{Grouping, largest, of_groups};
use crate::store::reports::sums::{SumFilter, Unit};

/// Default number of groups.
pub const DEFAULT_GROUPS: usize = 100;
/// Maximum number of groups.
pub const MAX_GROUPS: usize = 1_000;

/// Attribute to group by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBy {
    pub grouping: Grouping,
    /// Maximum number of groups in a currency; the rest is added up.
    pub most: usize,
}

/// Group of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// Everything, ungrouped.
    Whole,
    /// Group of this name; empty: entries without one.
    Named(String),
    /// All other groups; of converted amounts also the difference from rounding each group on its own.
    Rest,
}

/// Sums of the candidates for the largest groups, each with its display currency.
pub(super) async fn books(
    tx: &mut Tx,
    tenant_id: &TenantId,
    filter: &SumFilter<'_>,
    GroupBy { grouping, most }: &GroupBy,
    read: (Unit, (NaiveDate, NaiveDate)),
    shown_in: impl Fn(Currency) -> Currency,
) -> Result<BTreeMap<(Currency, String), Book>, ReportError> {
    let most = i64::try_from(*most).unwrap_or(i64::MAX);
    let names = largest(tx, tenant_id, filter, grouping, read, most).await?;
    let mut books: BTreeMap<(Currency, String), Book> = BTreeMap::new();
    for (name, key, sum) in of_groups(tx, tenant_id, filter, grouping, read, &names).await? {
        books.entry((shown_in(key.currency), name)).or_default().add(key, sum);
    }
    Ok(books)
}

/// Picks the largest groups, in descending order.
pub(super) fn first_of<T>(mut groups: Vec<(String, T)>, most: usize, size: impl Fn(&T) -> i128) -> Vec<(String, T)> {
    groups.sort_by_cached_key(|(name, group)| (std::cmp::Reverse(size(group)), name.clone()));
    groups.truncate(most);
    groups
}
