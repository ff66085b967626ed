//! Verifies the store: replays every customer and compares the result with the journal, the outbox and the totals.
//!
//! | file | contents |
//! |---|---|
//! | `customer_check` | one customer: replay, reversals (R16), levels (R14), events (R18) |
//! | `totals` | totals beside the journal |
//! | `periods` | closings and digests of months (R16) |
//! | `audit_trail` | hash chain of the audit trail |

pub(crate) mod customer_check;
pub(crate) mod totals;
pub(crate) mod periods;
pub mod audit_trail;

use std::collections::BTreeSet;

use crate::codec::month::Month;
use crate::domain::ids::{CustomerId, TenantId};
use crate::ledger::verify::audit_trail::verify_trail;
use crate::ledger::verify::customer_check::{StoredCustomer, check_customer, read_customers};
use crate::ledger::verify::periods::{audited_closings, check_closings, check_periods};
use crate::ledger::verify::totals::AllTotals;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::facts::customer;
use crate::store::tenants::{closing, tenant};

/// Number of customers that are read together.
const PAGE: i64 = 500;

/// Result of a verification.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verification {
    pub customers: usize,
    pub facts: usize,
    pub entries: usize,
    pub differences: Vec<Difference>,
}

/// A difference between the store and the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// None for totals, periods and the audit trail.
    pub customer_id: Option<CustomerId>,
    pub what: String,
}

impl Verification {
    fn add(&mut self, customer_id: Option<&CustomerId>, differences: impl IntoIterator<Item = String>) {
        let difference = |what| Difference { customer_id: customer_id.cloned(), what };
        self.differences.extend(differences.into_iter().map(difference));
    }
}

/// Verifies every customer of a tenant: the journal is what a replay gives, reversals cancel exactly, MRR is the sum of
/// the movements at both levels (R14), so that the levels agree, and every event that was due is in the outbox (R18).
/// Then verifies the totals, the closings and the audit trail. Reads one snapshot of the store throughout. Calls
/// `progress` after each customer.
pub async fn verify(db: &Db, tenant_id: &TenantId, mut progress: impl FnMut()) -> Result<Verification, StoreError> {
    let mut found = Verification::default();
    let mut totals = AllTotals::default();
    let mut after = None;
    let mut tx = db.read().await?;
    let books = tenant::books(&mut tx, tenant_id).await?;
    let history = closing::all(&mut tx, tenant_id).await?;
    let ever_closed: BTreeSet<Month> = history.iter().map(|closing| Month::of(closing.month)).collect();
    loop {
        let page = customer::page(&mut tx, tenant_id, after.as_ref(), PAGE).await?;
        let mut stored = read_customers(&mut tx, tenant_id, &page).await?;
        for customer_id in &page {
            found.customers += 1;
            // A customer without any other row is empty.
            let differences = match stored.remove(customer_id).unwrap_or_else(|| Ok(StoredCustomer::default())) {
                Ok(stored) => {
                    found.facts += stored.facts.len();
                    found.entries += stored.entries.len();
                    let added = totals.add_customer(&stored.entries);
                    let mut differences = check_customer(stored, &books.policy, &ever_closed);
                    differences.extend(added.err().map(|error| error.to_string()));
                    differences
                }
                Err(error) => vec![error.to_string()],
            };
            found.add(Some(customer_id), differences);
            progress();
        }
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => break,
        }
    }
    for customer_id in customer::missing(&mut tx, tenant_id, PAGE).await? {
        found.add(Some(&customer_id), ["has facts or movements, but is not among the customers".to_owned()]);
    }
    let stored = AllTotals::read(&mut tx, tenant_id).await?;
    found.add(None, totals.differences(&stored));
    found.add(None, check_periods(&books, &history, &totals.amounts.months));
    let audited = audited_closings(&mut tx, tenant_id).await?;
    found.add(None, check_closings(&history, &audited));
    let trail = verify_trail(&mut tx, tenant_id, None).await?;
    found.add(None, trail.defect.map(|defect| format!("the audit trail: {defect}")));
    Ok(found)
}
