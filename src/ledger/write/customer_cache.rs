//! Cache of customers, bounded by weight, least recently used first out, shared by all writers. A writer finds out that a
//! cached customer is outdated by the version on its row.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::bug;
use crate::bug::Bug;
use crate::domain::ids::{CustomerId, TenantId};
use crate::ledger::write::customer_state::CustomerState;

/// Number of segments, each with a lock of its own.
const SEGMENTS: usize = 16;

/// Cache of one tenant's customers. Its room is shared with the caches of other tenants, by use. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct CustomerCache {
    tenant_id: TenantId,
    segments: Arc<[Mutex<Segment>]>,
    hasher: RandomState,
}

type CacheKey = (TenantId, CustomerId);

#[derive(Debug)]
struct Segment {
    customers: LruCache<CacheKey, (CustomerState, usize)>,
    weight: usize,
    max_weight: usize,
}

impl CustomerCache {
    /// Cache of customers that together weigh at most `max_weight` bytes.
    pub fn new(max_weight: usize) -> Self {
        let segment = || Mutex::new(Segment::new(max_weight / SEGMENTS));
        let segments = (0..SEGMENTS).map(|_| segment()).collect();
        Self { tenant_id: TenantId::only(), segments, hasher: RandomState::new() }
    }

    /// Cache of another tenant's customers in the same room.
    pub fn for_tenant(&self, tenant_id: &TenantId) -> Self {
        Self { tenant_id: tenant_id.clone(), ..self.clone() }
    }

    /// Takes a customer out. A writer puts it back once its change is stored.
    pub fn take(&self, customer_id: &CustomerId) -> Result<Option<CustomerState>, Bug> {
        let key = self.key(customer_id);
        Ok(self.segment_of(&key)?.take(&key))
    }

    /// Puts customers in, and evicts those that were not used for longest.
    pub fn put(&self, customers: BTreeMap<CustomerId, CustomerState>) -> Result<(), Bug> {
        for (customer_id, customer) in customers {
            let key = self.key(&customer_id);
            self.segment_of(&key)?.put(key, customer);
        }
        Ok(())
    }

    fn key(&self, customer_id: &CustomerId) -> CacheKey {
        (self.tenant_id.clone(), customer_id.clone())
    }

    /// Evicts every customer of every tenant.
    pub fn clear(&self) {
        for segment in self.segments.iter() {
            let mut segment = lock(segment);
            segment.customers.clear();
            segment.weight = 0;
        }
    }

    fn segment_of(&self, key: &CacheKey) -> Result<MutexGuard<'_, Segment>, Bug> {
        // The low bits of the hash are enough: there are few segments.
        let [low, ..] = self.hasher.hash_one(key).to_le_bytes();
        let index = usize::from(low) % SEGMENTS;
        self.segments.get(index).map(lock).ok_or_else(|| bug!("no segment {index} in the cache"))
    }
}

/// Locks a segment. A panic in another thread leaves nothing worse than an outdated customer.
fn lock(segment: &Mutex<Segment>) -> MutexGuard<'_, Segment> {
    segment.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Segment {
    fn new(max_weight: usize) -> Self {
        Self { customers: LruCache::unbounded(), weight: 0, max_weight }
    }

    fn take(&mut self, key: &CacheKey) -> Option<CustomerState> {
        let (customer, weight) = self.customers.pop(key)?;
        self.remove_weight(weight);
        Some(customer)
    }

    fn put(&mut self, key: CacheKey, customer: CustomerState) {
        let weight = customer.weight();
        self.weight += weight;
        if let Some((_, (_, replaced))) = self.customers.push(key, (customer, weight)) {
            self.remove_weight(replaced);
        }
        while self.weight > self.max_weight {
            let Some((_, (_, weight))) = self.customers.pop_lru() else { break };
            self.remove_weight(weight);
        }
    }

    fn remove_weight(&mut self, weight: usize) {
        // Each weight was added before. A panic in between can leave the sum too low, which costs a little memory.
        self.weight = self.weight.saturating_sub(weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str) -> CustomerId {
        CustomerId::parse(name).unwrap()
    }

    fn id(name: &str) -> CacheKey {
        (TenantId::only(), customer(name))
    }

    #[test]
    fn evicts_the_least_recently_used() {
        let each = CustomerState::default().weight();
        let mut segment = Segment::new(2 * each);
        segment.put(id("a"), CustomerState::default());
        segment.put(id("b"), CustomerState::default());
        let a = segment.take(&id("a")).unwrap();
        segment.put(id("a"), a);
        segment.put(id("c"), CustomerState::default());
        assert!(segment.take(&id("b")).is_none());
        assert!(segment.take(&id("a")).is_some());
        segment.put(id("c"), CustomerState::default());
        assert_eq!(segment.weight, each);
        assert!(segment.take(&id("c")).is_some());
        assert_eq!(segment.weight, 0);
    }

    #[test]
    fn bounds_the_weight_of_all_segments() {
        let each = CustomerState::default().weight();
        let cache = CustomerCache::new(SEGMENTS * each);
        let names: Vec<CustomerId> = (0..1_000).map(|number| customer(&format!("c{number}"))).collect();
        cache.put(names.iter().map(|name| (name.clone(), CustomerState::default())).collect()).unwrap();
        let kept = names.iter().filter(|name| cache.take(name).unwrap().is_some()).count();
        assert!((1..=SEGMENTS).contains(&kept), "{kept}");
    }

    #[test]
    fn separates_the_customers_of_tenants() {
        let one = CustomerCache::new(1 << 20);
        let other = one.for_tenant(&TenantId::parse("other").unwrap());
        one.put([(customer("a"), CustomerState::default())].into()).unwrap();
        assert!(other.take(&customer("a")).unwrap().is_none());
        assert!(one.take(&customer("a")).unwrap().is_some());
    }
}
