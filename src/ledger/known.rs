//! One customer, as far as a decision needs it.

use std::collections::{BTreeMap, HashSet};

use crate::domain::customer_facts::CustomerFacts;
use crate::domain::fact::{Fact, FactKey, Revision};
use crate::domain::ids::{CustomerId, TenantId};
use crate::store::customer::Version;
use crate::store::db::Tx;
use crate::store::entry::{Entry, Sequence};
use crate::store::error::StoreError;
use crate::store::fact::StoredFact;
use crate::store::{customer, fact, journal};

/// One customer, as the store has it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The last recording; 0 for a customer of whom nothing is recorded.
    pub version: Version,
    /// Each in its highest revision.
    pub facts: CustomerFacts,
    /// Every revision, with the recording that brought it (R17).
    pub revisions: BTreeMap<(FactKey, Revision), (Fact, Version)>,
    /// The entries that count, neither reversals nor reversed, by sequence.
    pub live: Vec<Entry>,
}

impl Known {
    /// Takes in a fact that is recorded.
    pub fn insert(&mut self, fact: Fact, version: Version) {
        self.facts.insert(fact.clone());
        self.revisions.insert((fact.key(), fact.revision()), (fact, version));
    }

    /// Takes in the entries that a recording brought, in their order.
    pub fn post(&mut self, entries: &[Entry]) {
        let reversed: HashSet<Sequence> = entries.iter().filter_map(|entry| entry.reverses).collect();
        self.live.retain(|entry| !reversed.contains(&entry.sequence));
        self.live.extend(entries.iter().filter(|entry| entry.reverses.is_none()).cloned());
    }

    /// Roughly the bytes that it takes in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        const FIXED: usize = 500;
        const ENTRY: usize = 600;
        let facts = self.revisions.values().map(|(fact, _)| 2_usize.saturating_mul(fact_weight(fact)));
        let facts = facts.fold(0, usize::saturating_add);
        FIXED.saturating_add(facts).saturating_add(ENTRY.saturating_mul(self.live.len()))
    }
}

/// Roughly the bytes that a fact takes in memory.
#[must_use]
pub fn fact_weight(fact: &Fact) -> usize {
    const FIXED: usize = 400;
    const PART: usize = 200;
    let attributes = |attributes: &BTreeMap<String, String>| {
        let texts = attributes.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(PART));
        texts.fold(0, usize::saturating_add)
    };
    let rest = match fact {
        Fact::Customer(it) => attributes(&it.attributes),
        Fact::Line(it) => it.price_steps.len().saturating_mul(PART).saturating_add(attributes(&it.attributes)),
        Fact::Order(it) => it.entries.len().saturating_mul(PART).saturating_add(it.memo.len()),
        Fact::Charge(_) | Fact::Override(_) => PART,
    };
    FIXED.saturating_add(rest)
}

/// Customers as a transaction sees them; those of whom nothing is recorded too. With `lock`, others cannot change them
/// until the transaction ends.
pub(super) async fn load(
    tx: &mut Tx,
    tenant_id: &TenantId,
    customers: &[&CustomerId],
    lock: bool,
) -> Result<BTreeMap<CustomerId, Known>, StoreError> {
    let versions = if lock {
        customer::lock(tx, tenant_id, customers).await?
    } else {
        customer::versions(tx, tenant_id, customers).await?
    };
    let mut known: BTreeMap<CustomerId, Known> = customers.iter().map(|id| ((*id).clone(), Known::default())).collect();
    let there: Vec<&CustomerId> = versions.keys().collect();
    for StoredFact { fact, version, .. } in fact::of_customers(tx, tenant_id, &there).await? {
        let id = fact.customer_id().clone();
        known.entry(id).or_default().insert(fact, version);
    }
    for entry in journal::live_of_customers(tx, tenant_id, &there).await? {
        known.entry(entry.movement.customer_id.clone()).or_default().live.push(entry);
    }
    for (id, version) in versions {
        known.entry(id).or_default().version = version;
    }
    Ok(known)
}
