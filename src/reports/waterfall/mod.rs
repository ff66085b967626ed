//! Waterfall: roll-forward of MRR from opening to closing, by day, month, quarter or year; in total or by group;
//! in each currency, or converted into one.
//!
//! opening + new + reactivation + upsell + downsell + churn + ignored + currency effect = closing, always; a closing
//! equals the next opening. Without conversion there is no currency effect.

pub(super) mod book;
mod column;
pub mod delta;
mod period;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::granularity::Granularity;
use crate::codec::periods::Periods;
use crate::domain::ids::{Currency, TenantId};
use crate::reports::conversion::{Conversion, Rates};
use crate::reports::error::ReportError;
use crate::reports::groups::{Group, GroupBy, books, first_of};
use crate::reports::scope::Scope;
use crate::reports::waterfall::book::Book;
use crate::reports::waterfall::period::Draft;
use crate::store::db::{Db, Tx};
use crate::store::reports::sums::{Unit, by_unit};

pub use crate::reports::waterfall::column::{Step, StepSum, Steps};
pub use crate::reports::waterfall::period::{Adjustments, Period};

/// Query for a waterfall.
#[derive(Debug, Clone)]
pub struct WaterfallQuery {
    pub scope: Scope,
    pub periods: Periods,
    /// None: each currency on its own.
    pub conversion: Option<Conversion>,
    /// None: ungrouped.
    pub group_by: Option<GroupBy>,
}

impl WaterfallQuery {
    /// Ungrouped, in each currency.
    #[must_use]
    pub fn plain(scope: Scope, periods: Periods) -> Self {
        Self { scope, periods, conversion: None, group_by: None }
    }

    /// Currency in which amounts of a currency are shown.
    fn shown_in(&self, currency: Currency) -> Currency {
        self.conversion.as_ref().map_or(currency, |conversion| conversion.to)
    }

    /// Resolution of the sums: by date where each date has its rate.
    fn unit(&self) -> Unit {
        let has_rate_of_date = self.conversion.as_ref().is_some_and(|conversion| conversion.constant.is_none());
        if has_rate_of_date || self.periods.granularity() == Granularity::Day { Unit::Day } else { Unit::Month }
    }
}

/// Periods of a group in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waterfall {
    pub currency: Currency,
    pub group: Group,
    pub periods: Vec<Period>,
}

/// Computes the waterfall of each currency and group with movements.
pub async fn waterfall(
    db: &Db,
    tenant_id: &TenantId,
    query: &WaterfallQuery,
    now: DateTime<Utc>,
) -> Result<Vec<Waterfall>, ReportError> {
    let mut tx = db.read().await?;
    let today = query.scope.today(&mut tx, tenant_id, now).await?;
    waterfalls(&mut tx, tenant_id, query, today).await
}

/// Computes [`waterfall`] as of this date.
pub(super) async fn waterfalls(
    tx: &mut Tx,
    tenant_id: &TenantId,
    query: &WaterfallQuery,
    today: NaiveDate,
) -> Result<Vec<Waterfall>, ReportError> {
    let WaterfallQuery { scope, periods, conversion, group_by } = query;
    let (filter, unit) = (scope.filter(today), query.unit());
    let dates = (periods.first(), periods.last());
    let mut whole: BTreeMap<Currency, Book> = BTreeMap::new();
    for (key, sum) in by_unit(tx, tenant_id, &filter, unit, dates).await? {
        whole.entry(query.shown_in(key.currency)).or_default().add(key, sum);
    }
    let currencies: BTreeSet<Currency> = whole.values().flat_map(Book::currencies).collect();
    let days = (periods.first().pred_opt().unwrap_or(periods.first()), periods.last());
    let rates = Rates::load(tx, tenant_id, conversion.as_ref(), &currencies, days).await?;
    let drafts = |book: Book| book.periods(periods, &rates);
    let Some(group_by) = group_by else {
        let of_currency = |(currency, book)| query.shown(currency, Group::Whole, drafts(book)?);
        return whole.into_iter().map(of_currency).collect();
    };
    let mut groups: BTreeMap<Currency, Vec<(String, Vec<Draft>)>> = BTreeMap::new();
    let shown_in = |currency| query.shown_in(currency);
    for ((currency, name), book) in books(tx, tenant_id, &filter, group_by, (unit, dates), shown_in).await? {
        groups.entry(currency).or_default().push((name, drafts(book)?));
    }
    let mut found = Vec::new();
    for (currency, book) in whole {
        let mut rest = drafts(book)?;
        for (name, drafts) in first_of(groups.remove(&currency).unwrap_or_default(), group_by.most, |it| size(it)) {
            rest.iter_mut().zip(&drafts).try_for_each(|(rest, part)| rest.take(part))?;
            if !drafts.iter().all(Draft::is_nothing) {
                found.push(query.shown(currency, Group::Named(name), drafts)?);
            }
        }
        if !rest.iter().all(Draft::is_nothing) {
            found.push(query.shown(currency, Group::Rest, rest)?);
        }
    }
    Ok(found)
}

impl WaterfallQuery {
    fn shown(&self, currency: Currency, group: Group, drafts: Vec<Draft>) -> Result<Waterfall, ReportError> {
        let shown = |draft: Draft| Ok(draft.shown(self.scope.view, self.conversion.is_some())?);
        Ok(Waterfall { currency, group, periods: drafts.into_iter().map(shown).collect::<Result<_, ReportError>>()? })
    }
}

/// Closing of a group, and its gross movement.
fn size(drafts: &[Draft]) -> i128 {
    let moved = drafts.iter().flat_map(|draft| draft.cells.values()).map(|sum| sum.amount);
    let closing = drafts.last().map(|draft| draft.closing);
    moved.chain(closing).fold(0, |size, amount| size.saturating_add(i128::from(amount.micros()).saturating_abs()))
}
