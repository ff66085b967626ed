//! Customers in memory, of bounded weight: those used last. Whether one is still as the store has it is found out when
//! it is written: by the version on its row.

use std::collections::BTreeMap;

use lru::LruCache;

use super::known::Known;
use crate::domain::ids::CustomerId;

/// The customers that one writer has at hand.
#[derive(Debug)]
pub(super) struct Cache {
    customers: LruCache<CustomerId, (Known, usize)>,
    weight: usize,
    max_weight: usize,
}

impl Cache {
    pub fn new(max_weight: usize) -> Self {
        Self { customers: LruCache::unbounded(), weight: 0, max_weight }
    }

    /// An empty one of the same size.
    pub fn afresh(&self) -> Self {
        Self::new(self.max_weight)
    }

    /// Takes a customer out.
    pub fn take(&mut self, customer_id: &CustomerId) -> Option<Known> {
        let (known, weight) = self.customers.pop(customer_id)?;
        self.weight = self.weight.saturating_sub(weight);
        Some(known)
    }

    /// Puts customers in; those that were not used for longest go.
    pub fn put(&mut self, customers: BTreeMap<CustomerId, Known>) {
        for (customer_id, known) in customers {
            let weight = known.weight();
            self.weight = self.weight.saturating_add(weight);
            if let Some((_, (_, replaced))) = self.customers.push(customer_id, (known, weight)) {
                self.weight = self.weight.saturating_sub(replaced);
            }
        }
        while self.weight > self.max_weight {
            let Some((_, (_, weight))) = self.customers.pop_lru() else { break };
            self.weight = self.weight.saturating_sub(weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> CustomerId {
        CustomerId::parse(name).unwrap()
    }

    fn one(name: &str) -> BTreeMap<CustomerId, Known> {
        BTreeMap::from([(id(name), Known::default())])
    }

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let each = Known::default().weight();
        let mut cache = Cache::new(2 * each);
        cache.put(one("a"));
        cache.put(one("b"));
        let a = cache.take(&id("a")).unwrap();
        cache.put(BTreeMap::from([(id("a"), a)]));
        cache.put(one("c"));
        assert!(cache.take(&id("b")).is_none());
        assert!(cache.take(&id("a")).is_some());
        cache.put(one("c"));
        assert_eq!(cache.weight, each);
        assert!(cache.take(&id("c")).is_some());
        assert_eq!(cache.weight, 0);
    }
}
