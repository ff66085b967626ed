//! Customers in memory, of bounded weight: those used last, whichever writer used them. Whether one is still as the
//! store has it is found out when it is written: by the version on its row.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::domain::ids::{CustomerId, TenantId};
use crate::ledger::write::customer_state::CustomerState;

/// Parts of the cache, each with a lock of its own.
const PARTS: usize = 16;

/// The customers that the writers of a tenant have at hand, beside those of other tenants: whoever needs more has more
/// of the room. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct Cache {
    tenant_id: TenantId,
    parts: Arc<[Mutex<Part>]>,
    hasher: RandomState,
}

type Whose = (TenantId, CustomerId);

#[derive(Debug)]
struct Part {
    customers: LruCache<Whose, (CustomerState, usize)>,
    weight: usize,
    max_weight: usize,
}

impl Cache {
    /// A cache of customers that together weigh no more than that.
    pub fn new(max_weight: usize) -> Self {
        let part = || Mutex::new(Part { customers: LruCache::unbounded(), weight: 0, max_weight: max_weight / PARTS });
        let (parts, hasher) = ((0..PARTS).map(|_| part()).collect(), RandomState::new());
        Self { tenant_id: TenantId::only(), parts, hasher }
    }

    /// The same room, for the customers of a tenant.
    pub fn of(&self, tenant_id: &TenantId) -> Self {
        Self { tenant_id: tenant_id.clone(), ..self.clone() }
    }

    /// Takes a customer out: whoever changes it puts it back when the change is stored.
    pub fn take(&self, customer_id: &CustomerId) -> Option<CustomerState> {
        let whose = self.whose(customer_id);
        self.part(&whose)?.take(&whose)
    }

    /// Puts customers in; those that were not used for longest go.
    pub fn put(&self, customers: BTreeMap<CustomerId, CustomerState>) {
        for (customer_id, known) in customers {
            let whose = self.whose(&customer_id);
            if let Some(mut part) = self.part(&whose) {
                part.put(whose, known);
            }
        }
    }

    fn whose(&self, customer_id: &CustomerId) -> Whose {
        (self.tenant_id.clone(), customer_id.clone())
    }

    /// Takes everybody out, of all tenants.
    pub fn clear(&self) {
        for part in self.parts.iter() {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.customers.clear();
            part.weight = 0;
        }
    }

    fn part(&self, whose: &Whose) -> Option<MutexGuard<'_, Part>> {
        let parts = u64::try_from(self.parts.len()).ok()?;
        let place = self.hasher.hash_one(whose).checked_rem(parts)?;
        let part = self.parts.get(usize::try_from(place).ok()?)?;
        // What a panic left behind is no worse: it is checked when it is written.
        Some(part.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Part {
    fn take(&mut self, whose: &Whose) -> Option<CustomerState> {
        let (known, weight) = self.customers.pop(whose)?;
        self.weight = self.weight.saturating_sub(weight);
        Some(known)
    }

    fn put(&mut self, whose: Whose, known: CustomerState) {
        let weight = known.weight();
        self.weight = self.weight.saturating_add(weight);
        if let Some((_, (_, replaced))) = self.customers.push(whose, (known, weight)) {
            self.weight = self.weight.saturating_sub(replaced);
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

    fn customer(name: &str) -> CustomerId {
        CustomerId::parse(name).unwrap()
    }

    fn id(name: &str) -> Whose {
        (TenantId::only(), customer(name))
    }

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let each = CustomerState::default().weight();
        let mut part = Part { customers: LruCache::unbounded(), weight: 0, max_weight: 2 * each };
        part.put(id("a"), CustomerState::default());
        part.put(id("b"), CustomerState::default());
        let a = part.take(&id("a")).unwrap();
        part.put(id("a"), a);
        part.put(id("c"), CustomerState::default());
        assert!(part.take(&id("b")).is_none());
        assert!(part.take(&id("a")).is_some());
        part.put(id("c"), CustomerState::default());
        assert_eq!(part.weight, each);
        assert!(part.take(&id("c")).is_some());
        assert_eq!(part.weight, 0);
    }

    #[test]
    fn all_of_it_is_bounded() {
        let each = CustomerState::default().weight();
        let cache = Cache::new(PARTS * each);
        let names: Vec<CustomerId> = (0..1_000).map(|number| customer(&format!("c{number}"))).collect();
        cache.put(names.iter().map(|name| (name.clone(), CustomerState::default())).collect());
        let kept = names.iter().filter(|name| cache.take(name).is_some()).count();
        assert!((1..=PARTS).contains(&kept), "{kept}");
    }

    #[test]
    fn a_tenant_has_its_own_customers() {
        let one = Cache::new(1 << 20);
        let other = one.of(&TenantId::parse("other").unwrap());
        one.put([(customer("a"), CustomerState::default())].into());
        assert!(other.take(&customer("a")).is_none());
        assert!(one.take(&customer("a")).is_some());
    }
}
