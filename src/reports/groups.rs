//! Reports by group: the largest ones each on its own, all the others together.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::ids::{Currency, TenantId};
use crate::reports::error::ReportError;
use crate::reports::waterfall::book::Book;
use crate::store::db::Tx;
use crate::store::reports::group_sums::{Grouping, largest, of_groups};
use crate::store::reports::sums::{SumFilter, Unit};

/// Groups that are shown, unless asked otherwise.
pub const DEFAULT_GROUPS: usize = 100;
/// The most groups that are shown.
pub const MAX_GROUPS: usize = 1_000;

/// Which groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBy {
    pub grouping: Grouping,
    /// The most that are shown in a currency; the rest is one.
    pub most: usize,
}

/// What a report or a part of it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// Everything.
    Whole,
    /// What is of this name; empty: what has none.
    Named(String),
    /// What is in no other group, and, of converted amounts, what rounding each group on its own leaves.
    Rest,
}

/// The sums of the groups that may be the largest, each with the currency in which it is shown.
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

/// The largest of some groups, the very largest first.
pub(super) fn first_of<T>(mut groups: Vec<(String, T)>, most: usize, size: impl Fn(&T) -> i128) -> Vec<(String, T)> {
    groups.sort_by_cached_key(|(name, group)| (std::cmp::Reverse(size(group)), name.clone()));
    groups.truncate(most);
    groups
}
