//! MRR and ARR at the end of a date.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::ids::{Currency, TenantId};
use crate::domain::money::Money;
use crate::reports::conversion::{Conversion, Rates};
use crate::reports::error::ReportError;
use crate::reports::groups::{Group, GroupBy, books, first_of};
use crate::reports::scope::Scope;
use crate::reports::waterfall::book::Book;
use crate::store::db::Db;
use crate::store::reports::sums::{Unit, through};

/// Query for MRR.
#[derive(Debug, Clone)]
pub struct MrrQuery {
    pub scope: Scope,
    /// None: the day as of which the journal is read.
    pub date: Option<NaiveDate>,
    /// None: each currency on its own.
    pub conversion: Option<Conversion>,
    /// None: ungrouped.
    pub group_by: Option<GroupBy>,
}

/// MRR at a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mrr {
    pub date: NaiveDate,
    /// Currencies and groups with MRR, or the requested currency.
    pub totals: Vec<CurrencyMrr>,
}

/// MRR of one group in one currency. ARR = 12 × MRR (R2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrencyMrr {
    pub currency: Currency,
    pub group: Group,
    pub mrr: Money,
    pub arr: Money,
}

impl CurrencyMrr {
    fn of(currency: Currency, group: Group, mrr: Money) -> Result<Self, ReportError> {
        Ok(Self { currency, group, mrr, arr: mrr.per_year()? })
    }
}

/// Computes MRR at the end of a date: the sum of all entries up to it (R14).
pub async fn mrr(db: &Db, tenant_id: &TenantId, query: &MrrQuery, now: DateTime<Utc>) -> Result<Mrr, ReportError> {
    let MrrQuery { scope, conversion, group_by, .. } = query;
    let mut tx = db.read().await?;
    let today = scope.today(&mut tx, tenant_id, now).await?;
    let (date, filter) = (query.date.unwrap_or(today), scope.filter(today));
    let shown_in = |currency| conversion.as_ref().map_or(currency, |conversion| conversion.to);
    let mut whole: BTreeMap<Currency, Book> = BTreeMap::new();
    for (currency, sum) in through(&mut tx, tenant_id, &filter, date).await? {
        whole.entry(shown_in(currency)).or_default().open(currency, sum);
    }
    let currencies: BTreeSet<Currency> = whole.values().flat_map(Book::currencies).collect();
    let rates = Rates::load(&mut tx, tenant_id, conversion.as_ref(), &currencies, (date, date)).await?;
    let mut groups: BTreeMap<Currency, Vec<(String, Money)>> = BTreeMap::new();
    if let Some(group_by) = group_by {
        // One period from the beginning to the day after.
        let read = (Unit::Day, (date.succ_opt().unwrap_or(date), date));
        for ((currency, name), book) in books(&mut tx, tenant_id, &filter, group_by, read, shown_in).await? {
            groups.entry(currency).or_default().push((name, book.mrr(date, &rates)?));
        }
    }
    let mut totals = Vec::new();
    for (currency, book) in &whole {
        let mut rest = book.mrr(date, &rates)?;
        let Some(GroupBy { most, .. }) = group_by else {
            totals.push(CurrencyMrr::of(*currency, Group::Whole, rest)?);
            continue;
        };
        let size = |mrr: &Money| i128::from(mrr.micros()).saturating_abs();
        for (name, mrr) in first_of(groups.remove(currency).unwrap_or_default(), *most, size) {
            rest = rest.checked_sub(mrr)?;
            totals.push(CurrencyMrr::of(*currency, Group::Named(name), mrr)?);
        }
        totals.push(CurrencyMrr::of(*currency, Group::Rest, rest)?);
    }
    // A sum of 0 may or may not have rows; both are omitted.
    totals.retain(|it| !it.mrr.is_zero());
    let asked_for = conversion.as_ref().map(|conversion| conversion.to).or(scope.currency);
    if let (true, Some(currency), None) = (totals.is_empty(), asked_for, group_by) {
        totals.push(CurrencyMrr::of(currency, Group::Whole, Money::ZERO)?);
    }
    Ok(Mrr { date, totals })
}
