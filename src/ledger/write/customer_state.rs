//! One customer, as far as a decision needs it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{ChangeOrder, Charge, Customer, Fact, FactKey, Override, Revision, SubscriptionLine};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::customer_activity::PostedSum;
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::domain::journal::ledger_settings::Books;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::facts::customer;
use crate::store::facts::fact;
use crate::store::facts::fact::StoredFact;
use crate::store::journal;
use crate::store::tenants::tenant;

/// One customer, as the store has it.
#[derive(Debug, Clone, Default)]
pub struct CustomerState {
    /// The last recording; 0 for a customer of whom nothing is recorded.
    pub version: Version,
    /// As they were when it was read: whoever writes makes sure that they still are.
    pub books: Books,
    /// Each in its highest revision.
    pub facts: CustomerFacts,
    /// Every revision (R17).
    revisions: BTreeMap<(FactKey, Revision), Recorded>,
    /// The entries that count, neither reversals nor reversed, by sequence.
    pub live: Vec<Entry>,
    /// What became of entries at CUSTOMER level that were reversed on another date than their own.
    reversed_elsewhere: Vec<PostedSum>,
    /// The keys of the events that went out.
    pub sent: BTreeSet<String>,
    /// When the next event is due.
    pub next_event_at: Option<DateTime<Utc>>,
}

/// A revision of a fact that was recorded.
#[derive(Debug, Clone)]
struct Recorded {
    /// The recording that brought it.
    version: Version,
    /// Its content, if a higher revision has taken its place.
    older: Option<Fact>,
}

impl CustomerState {
    /// Takes in a fact that is recorded.
    pub fn insert(&mut self, fact: Fact, version: Version) {
        let (key, revision) = (fact.key(), fact.revision());
        let highest = self.facts.get(&key);
        match highest.map(|highest| (highest.revision(), highest)) {
            Some((higher, _)) if higher > revision => {
                self.revisions.insert((key, revision), Recorded { version, older: Some(fact) });
                return;
            }
            Some((lower, content)) => {
                if let Some(recorded) = self.revisions.get_mut(&(key.clone(), lower)) {
                    recorded.older = Some(content);
                }
            }
            None => {}
        }
        self.facts.insert(fact);
        self.revisions.insert((key, revision), Recorded { version, older: None });
    }

    /// Whether this revision of the fact was recorded with the same content, and by which recording; None: it was not
    /// recorded at all.
    #[must_use]
    pub fn recorded(&self, fact: &Fact) -> Option<(bool, Version)> {
        let key = fact.key();
        let Recorded { version, older } = self.revisions.get(&(key.clone(), fact.revision()))?;
        let is_same = match older {
            Some(older) => older == fact,
            None => self.facts.get(&key).as_ref() == Some(fact),
        };
        Some((is_same, *version))
    }

    /// Takes in the entries that a recording brought, in their order.
    pub fn post(&mut self, entries: &[Entry]) {
        let reversals: HashMap<Sequence, &Entry> =
            entries.iter().filter_map(|entry| Some((entry.reverses?, entry))).collect();
        let elsewhere = |entry: &Entry| {
            let later = reversals.get(&entry.sequence)?;
            (later.posting_date != entry.posting_date).then_some([entry.posted_sum()?, later.posted_sum()?])
        };
        self.reversed_elsewhere.extend(self.live.iter().filter_map(elsewhere).flatten());
        self.live.retain(|entry| !reversals.contains_key(&entry.sequence));
        self.live.extend(entries.iter().filter(|entry| entry.reverses.is_none()).cloned());
    }

    /// The customer's share in the journal. Entries reversed on their own date are left out: nothing remains of them.
    #[must_use]
    pub fn posted_sums(&self) -> Vec<PostedSum> {
        self.live.iter().filter_map(Entry::posted_sum).chain(self.reversed_elsewhere.iter().copied()).collect()
    }

    /// Roughly the bytes that it takes in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        const FIXED: usize = 500;
        const ENTRY: usize = 600;
        const REVISION: usize = 200;
        const SENT: usize = 100;
        let CustomerFacts { customer, lines, orders, charges, overrides } = &self.facts;
        let small = customer.iter().map(customer_weight).chain(charges.values().map(charge_weight));
        let large = lines.values().map(line_weight).chain(orders.values().map(order_weight));
        let facts = small.chain(large).chain(overrides.values().map(override_weight));
        let older = self.revisions.values().filter_map(|recorded| recorded.older.as_ref()).map(fact_weight);
        let facts = facts.chain(older).fold(0, usize::saturating_add);
        let revisions = REVISION.saturating_mul(self.revisions.len());
        let entries = ENTRY.saturating_mul(self.live.len());
        let entries = entries.saturating_add(SENT.saturating_mul(self.reversed_elsewhere.len()));
        let sent = SENT.saturating_mul(self.sent.len());
        FIXED.saturating_add(facts).saturating_add(revisions).saturating_add(entries).saturating_add(sent)
    }
}

/// What a fact takes without its texts and lists.
const FACT: usize = 600;
/// What each item of its lists takes.
const PART: usize = 200;

/// Roughly the bytes that a fact takes in memory.
#[must_use]
pub fn fact_weight(fact: &Fact) -> usize {
    match fact {
        Fact::Customer(it) => customer_weight(it),
        Fact::Line(it) => line_weight(it),
        Fact::Order(it) => order_weight(it),
        Fact::Charge(it) => charge_weight(it),
        Fact::Override(it) => override_weight(it),
    }
}

fn customer_weight(customer: &Customer) -> usize {
    let texts = customer.name.len().saturating_add(customer.identity.len());
    FACT.saturating_add(texts).saturating_add(attributes_weight(&customer.attributes))
}

fn charge_weight(charge: &Charge) -> usize {
    FACT.saturating_add(charge.description.len())
}

fn override_weight(over: &Override) -> usize {
    FACT.saturating_add(over.reason.len())
}

fn line_weight(line: &SubscriptionLine) -> usize {
    let steps = line.price_steps.len().saturating_mul(PART);
    FACT.saturating_add(steps).saturating_add(attributes_weight(&line.attributes))
}

fn order_weight(order: &ChangeOrder) -> usize {
    FACT.saturating_add(order.entries.len().saturating_mul(PART)).saturating_add(order.memo.len())
}

fn attributes_weight(attributes: &BTreeMap<String, String>) -> usize {
    let texts = attributes.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(PART));
    texts.fold(0, usize::saturating_add)
}

/// Customers as a transaction sees them; those of whom nothing is recorded too. With `lock`, others cannot change them
/// until the transaction ends.
pub(in crate::ledger) async fn load(
    tx: &mut Tx,
    tenant_id: &TenantId,
    customers: &[&CustomerId],
    lock: bool,
) -> Result<BTreeMap<CustomerId, CustomerState>, StoreError> {
    let books = tenant::books(tx, tenant_id).await?;
    let versions = if lock {
        customer::lock(tx, tenant_id, customers).await?
    } else {
        customer::versions(tx, tenant_id, customers).await?
    };
    let mut known: BTreeMap<CustomerId, CustomerState> =
        customers.iter().map(|id| ((*id).clone(), CustomerState { books, ..CustomerState::default() })).collect();
    let there: Vec<&CustomerId> = versions.keys().collect();
    for StoredFact { fact, version, .. } in fact::of_customers(tx, tenant_id, &there).await? {
        if let Some(known) = known.get_mut(fact.customer_id()) {
            known.insert(fact, version);
        }
    }
    for entry in journal::live_of_customers(tx, tenant_id, &there).await? {
        if let Some(known) = known.get_mut(&entry.movement.customer_id) {
            known.live.push(entry);
        }
    }
    // As long as no month was ever closed, everything is reversed where it is.
    if books.version > 0 {
        for (customer_id, posted) in journal::reversed_elsewhere(tx, tenant_id, &there).await? {
            if let Some(known) = known.get_mut(&customer_id) {
                known.reversed_elsewhere.push(posted);
            }
        }
    }
    for (customer_id, key) in outbox::keys(tx, tenant_id, &there).await? {
        if let Some(known) = known.get_mut(&customer_id) {
            known.sent.insert(key);
        }
    }
    for (id, version) in versions {
        if let Some(known) = known.get_mut(&id) {
            known.version = version;
        }
    }
    Ok(known)
}
