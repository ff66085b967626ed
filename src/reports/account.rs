//! One customer, and what months make of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::error::ReportError;
use super::scope::Scope;
use crate::domain::ids::{Currency, TenantId};
use crate::form::month::Month;
use crate::store::accounts::{AccountPart, Turn, each_part};
use crate::store::db::Tx;
use crate::store::total::Sum;

/// What is known of one customer: by month, None for everything before the first.
#[derive(Debug, Default)]
pub(super) struct Account {
    customer_id: String,
    pub parts: BTreeMap<Option<Month>, Vec<AccountPart>>,
}

/// Shows the customers one after the other, with what is counted of them from the first month to the last, and before.
pub(super) async fn each_account(
    tx: &mut Tx,
    tenant_id: &TenantId,
    scope: &Scope,
    today: NaiveDate,
    (first, last): (Month, Month),
    mut show: impl FnMut(Account) + Send,
) -> Result<(), ReportError> {
    let mut current = Account::default();
    let dates = (first.start(), last.last_date());
    // The parts of a customer come together.
    let take = |part: AccountPart| {
        if part.customer_id != current.customer_id {
            let customer_id = part.customer_id.clone();
            show(std::mem::replace(&mut current, Account { customer_id, parts: BTreeMap::new() }));
        }
        current.parts.entry(part.month.map(Month::of)).or_default().push(part);
    };
    each_part(tx, tenant_id, &scope.filter(today), dates, take).await?;
    show(current);
    Ok(())
}

/// A customer at a moment.
#[derive(Debug, Default)]
pub(super) struct State {
    mrr: BTreeMap<Currency, Sum>,
    /// When they came and left, and how many entries say so; one that was reversed counts as none.
    turns: BTreeMap<(NaiveDate, Turn, Currency), i64>,
}

impl State {
    pub fn take(&mut self, part: &AccountPart) {
        self.mrr.entry(part.currency).or_default().add(part.sum);
        if let Some((date, turn)) = part.turn {
            let entries = self.turns.entry((date, turn, part.currency)).or_default();
            *entries = entries.saturating_add(part.sum.movements);
        }
    }

    /// The MRR in each currency in which there is or was any.
    pub fn mrr(&self) -> &BTreeMap<Currency, Sum> {
        &self.mrr
    }

    /// Whether they ever came.
    pub fn has_come(&self) -> bool {
        self.turns.iter().any(|((_, turn, _), entries)| *turn == Turn::Came && *entries > 0)
    }

    /// The currencies in which this is a customer: those with MRR; or without any, on a plan that became free, that in
    /// which the customer came last, unless they left since.
    pub fn currencies(&self) -> BTreeSet<Currency> {
        let paying: BTreeSet<Currency> =
            self.mrr.iter().filter(|(_, sum)| sum.delta > 0).map(|(currency, _)| *currency).collect();
        if !paying.is_empty() {
            return paying;
        }
        match self.turns.iter().rfind(|(_, entries)| **entries > 0) {
            Some(((_, Turn::Came, currency), _)) => BTreeSet::from([*currency]),
            Some(((_, Turn::Left, _), _)) | None => BTreeSet::new(),
        }
    }
}
