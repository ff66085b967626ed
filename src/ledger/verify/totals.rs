//! Compares the stored totals with the totals of the journal.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::totals::customer_total::{self, CustomerTotals};
use crate::store::totals::movement_total::{self, Sum, TotalKey, Totals};
use crate::store::totals::renewal_total::{self, RenewalTotals};

/// Totals of every kind.
#[derive(Debug, Default)]
pub(in crate::ledger) struct AllTotals {
    pub amounts: Totals,
    renewals: RenewalTotals,
    customers: CustomerTotals,
}

impl AllTotals {
    /// Adds all entries of a customer.
    pub fn add_customer(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        for entry in entries {
            self.amounts.add(entry);
            renewal_total::add_entry(&mut self.renewals, entry)?;
        }
        self.customers.add(entries.iter().filter_map(Entry::posted_sum).collect());
        Ok(())
    }

    /// Reads the stored totals.
    pub async fn read(tx: &mut Tx, tenant_id: &TenantId) -> Result<Self, StoreError> {
        Ok(Self {
            amounts: movement_total::read(tx, tenant_id).await?,
            renewals: renewal_total::read(tx, tenant_id).await?,
            customers: customer_total::read(tx, tenant_id).await?,
        })
    }

    /// Differences between the totals of the journal and the stored ones.
    pub fn differences(&self, stored: &Self) -> Vec<String> {
        let amounts = [
            differing_amounts("day", &self.amounts.days, &stored.amounts.days),
            differing_amounts("month", &self.amounts.months, &stored.amounts.months),
            differing_amounts("month and item", &self.amounts.month_items, &stored.amounts.month_items),
        ];
        let renewals = differing(&self.renewals, &stored.renewals).into_iter().map(|(key, expected, stored)| {
            format!(
                "the total by month of terms that ended, {} {}, is {} renewed and {} lapsed, the journal gives {} and {}",
                key.month,
                key.currency,
                stored.renewed.amount(),
                stored.lapsed.amount(),
                expected.renewed.amount(),
                expected.lapsed.amount()
            )
        });
        let turns =
            differing(&self.customers.changes, &stored.customers.changes).into_iter().map(|(key, expected, stored)| {
                format!(
                    "the total by month of customers, {} {}, is {} came and {} left, the journal gives {} and {}",
                    key.month, key.currency, stored.began, stored.ended, expected.began, expected.ended
                )
            });
        let pairs = differing(&self.customers.pairs, &stored.customers.pairs).into_iter().map(|(key, expected, stored)| {
            format!(
                "the total by month of customers who turned in {} before, {} {}, is {stored}, the journal gives {expected}",
                key.earlier_month, key.month, key.currency
            )
        });
        amounts.into_iter().flatten().chain(renewals).chain(turns).chain(pairs).collect()
    }
}

fn differing_amounts(by: &str, expected: &BTreeMap<TotalKey, Sum>, stored: &BTreeMap<TotalKey, Sum>) -> Vec<String> {
    let shown = |(key, expected, stored): (&TotalKey, Sum, Sum)| {
        format!(
            "the total by {by} of {} {} {}{} at {} level is {} from {} movements, the journal gives {} from {}",
            key.date,
            key.currency,
            key.subcategory,
            if key.item.is_empty() { String::new() } else { format!(" {}", key.item) },
            key.level,
            stored.amount(),
            stored.movements,
            expected.amount(),
            expected.movements
        )
    };
    differing(expected, stored).into_iter().map(shown).collect()
}

/// Keys whose stored value is not the expected one, with both values. A missing row is the same as a row of zeros.
fn differing<'t, K: Ord, V: Copy + Default + PartialEq>(
    expected: &'t BTreeMap<K, V>,
    stored: &'t BTreeMap<K, V>,
) -> Vec<(&'t K, V, V)> {
    let keys: BTreeSet<&K> = expected.keys().chain(stored.keys()).collect();
    let both = keys.into_iter().map(|key| {
        // A missing row is zero.
        let of = |totals: &BTreeMap<K, V>| totals.get(key).copied().unwrap_or_default();
        (key, of(expected), of(stored))
    });
    both.filter(|(_, expected, stored)| expected != stored).collect()
}
