//! The facts of one customer, each in its highest revision (R17).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::domain::facts::fact::{
    ChangeOrder, Charge, Customer, Fact, FactKey, Override, OverrideTarget, SubscriptionLine,
};
use crate::domain::ids::{ChangeOrderId, ChargeId, LineId};

/// One customer's facts. Maps by id, so that the order of arrival cannot matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerFacts {
    pub customer: Option<Customer>,
    pub lines: BTreeMap<LineId, SubscriptionLine>,
    pub orders: BTreeMap<ChangeOrderId, ChangeOrder>,
    pub charges: BTreeMap<ChargeId, Charge>,
    pub overrides: BTreeMap<OverrideTarget, Override>,
}

impl CustomerFacts {
    /// Takes in a fact, unless a higher revision of it is there already (R17).
    pub fn insert(&mut self, fact: Fact) {
        match fact {
            Fact::Customer(new) => {
                if self.customer.as_ref().is_none_or(|old| old.revision <= new.revision) {
                    self.customer = Some(new);
                }
            }
            Fact::Line(new) => insert(&mut self.lines, new.line_id.clone(), new, |line| line.revision),
            Fact::Order(new) => insert(&mut self.orders, new.change_order_id.clone(), new, |order| order.revision),
            Fact::Charge(new) => insert(&mut self.charges, new.charge_id.clone(), new, |charge| charge.revision),
            Fact::Override(new) => insert(&mut self.overrides, new.target.clone(), new, |over| over.revision),
        }
    }

    /// The fact of a key, in its highest revision.
    #[must_use]
    pub fn get(&self, key: &FactKey) -> Option<Fact> {
        match key {
            FactKey::Customer => self.customer.clone().map(Fact::Customer),
            FactKey::Line(id) => self.lines.get(id).cloned().map(Fact::Line),
            FactKey::Order(id) => self.orders.get(id).cloned().map(Fact::Order),
            FactKey::Charge(id) => self.charges.get(id).cloned().map(Fact::Charge),
            FactKey::Override(target) => self.overrides.get(target).cloned().map(Fact::Override),
        }
    }

    /// The number of facts, each counted once whatever its revisions.
    #[must_use]
    pub fn count(&self) -> usize {
        [self.lines.len(), self.orders.len(), self.charges.len(), self.overrides.len()].iter().sum()
    }
}

impl FromIterator<Fact> for CustomerFacts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut all = Self::default();
        for fact in facts {
            all.insert(fact);
        }
        all
    }
}

fn insert<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, new: V, revision: impl Fn(&V) -> u64) {
    match map.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(new);
        }
        Entry::Occupied(mut old) if revision(old.get()) <= revision(&new) => {
            old.insert(new);
        }
        Entry::Occupied(_) => {}
    }
}
