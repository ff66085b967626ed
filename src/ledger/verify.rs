//! Derives every customer again and compares it with the journal.

use super::decide::{Known, live};
use super::view::known;
use crate::domain::correction::correct;
use crate::domain::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::movement::Movement;
use crate::domain::policy::Policy;
use crate::domain::replay::replay;
use crate::domain::truth::{closings, untruths};
use crate::store::db::Db;
use crate::store::entry::{Entry, Sequence};
use crate::store::error::StoreError;
use crate::store::{customer, tenant};

/// Customers that are listed at once.
const PAGE: i64 = 500;

/// What verifying found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verification {
    pub customers: usize,
    pub facts: usize,
    pub entries: usize,
    pub differences: Vec<Difference>,
}

/// Something in a customer's journal that the rules do not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub customer_id: CustomerId,
    pub what: String,
}

/// Verifies every customer of a tenant: the journal is what a replay gives, reversals cancel exactly, MRR is the sum of
/// the movements at both levels (R14), and so the levels agree. `progress` is told of each customer.
pub async fn verify(db: &Db, tenant_id: &TenantId, mut progress: impl FnMut()) -> Result<Verification, StoreError> {
    let mut found = Verification::default();
    let mut after = None;
    loop {
        let mut tx = db.read().await?;
        let policy = tenant::policy(&mut tx, tenant_id).await?;
        let page = customer::page(&mut tx, tenant_id, after.as_ref(), PAGE).await?;
        for customer_id in &page {
            found.customers = found.customers.saturating_add(1);
            let differences = match known(&mut tx, tenant_id, customer_id).await {
                Ok(known) => {
                    found.facts = found.facts.saturating_add(known.facts.len());
                    found.entries = found.entries.saturating_add(known.entries.len());
                    check(known, &policy)
                }
                // One customer that cannot be read does not hide the others.
                Err(error @ StoreError::Corrupt { .. }) => vec![error.to_string()],
                Err(error) => return Err(error),
            };
            found
                .differences
                .extend(differences.into_iter().map(|what| Difference { customer_id: customer_id.clone(), what }));
            progress();
        }
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => return Ok(found),
        }
    }
}

/// What is wrong with one customer's journal.
#[must_use]
pub fn check(known: Known, policy: &Policy) -> Vec<String> {
    let Known { facts, entries } = known;
    let facts: CustomerFacts = facts.into_iter().map(|stored| stored.fact).collect();
    let mut differences = wrong_reversals(&entries);
    differences.extend(entries.iter().filter_map(wrong_posting_date));
    let live: Vec<(Sequence, &Movement)> = live(&entries).map(|entry| (entry.sequence, &entry.movement)).collect();
    match (replay(&facts, policy), closings(&facts)) {
        (Ok(replayed), Ok(closings)) => {
            let correction = correct(&live, &replayed.movements);
            for sequence in correction.reversals {
                differences.push(format!("movement {sequence} is in the journal, but the facts do not give it"));
            }
            for movement in correction.postings {
                differences.push(format!(
                    "the facts give {} {} of {} on {}, {}, which the journal does not have",
                    movement.level, movement.subcategory, movement.delta, movement.effective_date, movement.item_id
                ));
            }
            match untruths(live.iter().map(|(_, movement)| *movement), &closings) {
                Ok(untruths) => differences.extend(untruths.iter().map(|it| {
                    format!(
                        "at {} level the movements up to {} come to {} {}, the lines to {}",
                        it.level, it.date, it.movements, it.currency, it.lines
                    )
                })),
                Err(error) => differences.push(error.to_string()),
            }
        }
        (Err(error), _) | (_, Err(error)) => differences.push(error.to_string()),
    }
    differences
}

/// R16: an entry is posted on its effective date. (No month is ever closed yet.)
fn wrong_posting_date(entry: &Entry) -> Option<String> {
    let effective_date = entry.movement.effective_date;
    (entry.posting_date != effective_date)
        .then(|| format!("movement {} of {effective_date} is posted on {}", entry.sequence, entry.posting_date))
}

/// R16: a reversal cancels an earlier entry of the customer exactly, and only once.
fn wrong_reversals(entries: &[Entry]) -> Vec<String> {
    let mut reversed = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in entries {
        let Some(sequence) = entry.reverses else { continue };
        let original = entries
            .binary_search_by_key(&sequence, |entry| entry.sequence)
            .ok()
            .and_then(|position| entries.get(position))
            .filter(|original| original.sequence < entry.sequence && original.reverses.is_none());
        match original {
            None => wrong.push(format!("movement {} reverses movement {sequence}, which is not there", entry.sequence)),
            Some(_) if !reversed.insert(sequence) => {
                wrong.push(format!("movement {} reverses movement {sequence} a second time", entry.sequence));
            }
            Some(original) if original.movement.reversed().as_ref() != Ok(&entry.movement) => {
                wrong.push(format!("movement {} does not cancel movement {sequence} exactly", entry.sequence));
            }
            Some(_) => {}
        }
    }
    wrong
}
