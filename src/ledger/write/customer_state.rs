//! State of one customer, as far as a decision needs it, and its weight in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::bug;
use crate::bug::Bug;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{ChangeOrder, Charge, Customer, Fact, FactKey, Override, Revision, SubscriptionLine};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::customer_activity::PostedSum;
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::domain::journal::ledger_settings::LedgerSettings;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::facts::customer;
use crate::store::facts::fact::{self, StoredFact};
use crate::store::journal;
use crate::store::tenants::tenant;

/// State of one customer.
#[derive(Debug, Clone, Default)]
pub struct CustomerState {
    /// Version of the last recording; 0 for a customer without any.
    pub version: Version,
    /// The books when the customer was read. A writer checks that their version is still the same.
    pub books: LedgerSettings,
    /// Each fact in its highest revision.
    pub facts: CustomerFacts,
    /// Every revision (R17).
    revisions: BTreeMap<(FactKey, Revision), RecordedRevision>,
    /// Entries that count, which are neither reversals nor reversed, by sequence.
    pub live_entries: Vec<Entry>,
    /// Amounts of entries at CUSTOMER level, and of their reversals, that were reversed on another date than their own.
    reversed_elsewhere: Vec<PostedSum>,
    /// Keys of the events in the outbox.
    pub event_keys: BTreeSet<String>,
    /// Instant at which the next event becomes due.
    pub next_event_at: Option<DateTime<Utc>>,
}

/// A recorded revision of a fact.
#[derive(Debug, Clone)]
struct RecordedRevision {
    /// Version of the recording.
    version: Version,
    /// Content, if a higher revision is in force.
    superseded: Option<Fact>,
}

impl CustomerState {
    /// Version of the next recording.
    pub fn next_version(&self) -> Result<Version, Bug> {
        self.version.checked_add(1).ok_or_else(|| bug!("no version after {}", self.version))
    }

    /// Adds a recorded fact.
    pub fn insert_fact(&mut self, fact: Fact, version: Version) {
        let (key, revision) = (fact.key(), fact.revision());
        if let Some(highest) = self.facts.get(&key) {
            let highest_revision = highest.revision();
            if highest_revision > revision {
                self.revisions.insert((key, revision), RecordedRevision { version, superseded: Some(fact) });
                return;
            }
            if let Some(recorded) = self.revisions.get_mut(&(key.clone(), highest_revision)) {
                recorded.superseded = Some(highest);
            }
        }
        self.facts.insert(fact);
        self.revisions.insert((key, revision), RecordedRevision { version, superseded: None });
    }

    /// Finds the recording of this revision of the fact: whether its content was the same, and its version.
    #[must_use]
    pub fn find_recording(&self, fact: &Fact) -> Option<(bool, Version)> {
        let key = fact.key();
        let RecordedRevision { version, superseded } = self.revisions.get(&(key.clone(), fact.revision()))?;
        let is_same = match superseded {
            Some(superseded) => superseded == fact,
            None => self.facts.get(&key).as_ref() == Some(fact),
        };
        Some((is_same, *version))
    }

    /// Adds the entries of a recording, in their order.
    pub fn apply_entries(&mut self, entries: &[Entry]) {
        let reversals: HashMap<Sequence, &Entry> =
            entries.iter().filter_map(|entry| Some((entry.reverses?, entry))).collect();
        let elsewhere = |entry: &Entry| {
            let later = reversals.get(&entry.sequence)?;
            (later.posting_date != entry.posting_date).then_some([entry.posted_sum()?, later.posted_sum()?])
        };
        self.reversed_elsewhere.extend(self.live_entries.iter().filter_map(elsewhere).flatten());
        self.live_entries.retain(|entry| !reversals.contains_key(&entry.sequence));
        self.live_entries.extend(entries.iter().filter(|entry| entry.reverses.is_none()).cloned());
    }

    /// Amounts that the journal gives for the customer. An entry that was reversed on its own date leaves nothing.
    #[must_use]
    pub fn posted_sums(&self) -> Vec<PostedSum> {
        self.live_entries.iter().filter_map(Entry::posted_sum).chain(self.reversed_elsewhere.iter().copied()).collect()
    }

    /// Estimate of the bytes that the customer takes in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        const FIXED: usize = 500;
        const ENTRY: usize = 600;
        const REVISION: usize = 200;
        const SMALL: usize = 100;
        let CustomerFacts { customer, lines, orders, charges, overrides } = &self.facts;
        let facts = customer.iter().map(customer_weight).sum::<usize>()
            + lines.values().map(line_weight).sum::<usize>()
            + orders.values().map(order_weight).sum::<usize>()
            + charges.values().map(charge_weight).sum::<usize>()
            + overrides.values().map(override_weight).sum::<usize>();
        let superseded = self.revisions.values().filter_map(|recorded| recorded.superseded.as_ref()).map(fact_weight);
        FIXED
            + facts
            + superseded.sum::<usize>()
            + REVISION * self.revisions.len()
            + ENTRY * self.live_entries.len()
            + SMALL * (self.reversed_elsewhere.len() + self.event_keys.len())
    }
}

// Weights are sums over things that are in memory, each not far above its size: plain arithmetic cannot overflow.

/// Weight of a fact without its texts and lists.
const FACT: usize = 600;
/// Weight of an item of a list.
const ITEM: usize = 200;

/// Estimate of the bytes that a fact takes in memory.
#[must_use]
pub fn fact_weight(fact: &Fact) -> usize {
    match fact {
        Fact::Customer(customer) => customer_weight(customer),
        Fact::Line(line) => line_weight(line),
        Fact::Order(order) => order_weight(order),
        Fact::Charge(charge) => charge_weight(charge),
        Fact::Override(over) => override_weight(over),
    }
}

fn customer_weight(customer: &Customer) -> usize {
    FACT + customer.name.len() + customer.identity.len() + attributes_weight(&customer.attributes)
}

fn charge_weight(charge: &Charge) -> usize {
    FACT + charge.description.len()
}

fn override_weight(over: &Override) -> usize {
    FACT + over.reason.len()
}

fn line_weight(line: &SubscriptionLine) -> usize {
    FACT + ITEM * line.price_steps.len() + attributes_weight(&line.attributes)
}

fn order_weight(order: &ChangeOrder) -> usize {
    FACT + ITEM * order.entries.len() + order.memo.len()
}

fn attributes_weight(attributes: &BTreeMap<String, String>) -> usize {
    attributes.iter().map(|(name, value)| ITEM + name.len() + value.len()).sum()
}

/// Loads customers as the transaction sees them, including those without a recording. With `lock`, other writers cannot
/// change them until the transaction ends.
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
    let mut loaded: BTreeMap<CustomerId, CustomerState> =
        customers.iter().map(|id| ((*id).clone(), CustomerState { books, ..CustomerState::default() })).collect();
    let recorded: Vec<&CustomerId> = versions.keys().collect();
    for StoredFact { fact, version, .. } in fact::of_customers(tx, tenant_id, &recorded).await? {
        find(&mut loaded, fact.customer_id())?.insert_fact(fact, version);
    }
    for entry in journal::live_of_customers(tx, tenant_id, &recorded).await? {
        find(&mut loaded, &entry.movement.customer_id)?.live_entries.push(entry);
    }
    // As long as no month was ever closed, every entry is reversed on its own date.
    if books.version > 0 {
        for (customer_id, posted) in journal::reversed_elsewhere(tx, tenant_id, &recorded).await? {
            find(&mut loaded, &customer_id)?.reversed_elsewhere.push(posted);
        }
    }
    for (customer_id, key) in outbox::keys(tx, tenant_id, &recorded).await? {
        find(&mut loaded, &customer_id)?.event_keys.insert(key);
    }
    for (customer_id, version) in versions {
        find(&mut loaded, &customer_id)?.version = version;
    }
    Ok(loaded)
}

fn find<'l>(
    loaded: &'l mut BTreeMap<CustomerId, CustomerState>,
    customer_id: &CustomerId,
) -> Result<&'l mut CustomerState, Bug> {
    loaded.get_mut(customer_id).ok_or_else(|| bug!("a row of customer {customer_id}, which is not read"))
}
