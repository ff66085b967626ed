//! Limit of connections, in all and from one address, so that one client cannot use up all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Issues permits for connections.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimiter {
    most: usize,
    most_of_one: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_owner: HashMap<IpAddr, usize>,
}

/// Permit of one connection, returned when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    owner: IpAddr,
    taken: Arc<Mutex<Taken>>,
}

impl ConnectionLimiter {
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, taken: Arc::default() }
    }

    /// Tells if a connection from this address would be accepted now.
    pub fn is_free_for(&self, address: IpAddr) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_room(&taken, owner(address))
    }

    /// Issues a permit, unless the limit is reached.
    pub fn take(&self, address: IpAddr) -> Option<ConnectionPermit> {
        let owner = owner(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.has_room(&taken, owner) {
            return None;
        }
        taken.in_all = taken.in_all.saturating_add(1);
        let of_owner = taken.by_owner.entry(owner).or_default();
        *of_owner = of_owner.saturating_add(1);
        drop(taken);
        Some(ConnectionPermit { owner, taken: Arc::clone(&self.taken) })
    }

    fn has_room(&self, taken: &Taken, owner: IpAddr) -> bool {
        let of_owner = taken.by_owner.get(&owner).copied().unwrap_or(0);
        taken.in_all < self.most && of_owner < self.most_of_one
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all = taken.in_all.saturating_sub(1);
        let Some(of_owner) = taken.by_owner.get_mut(&self.owner) else { return };
        *of_owner = of_owner.saturating_sub(1);
        if *of_owner == 0 {
            taken.by_owner.remove(&self.owner);
        }
    }
}

/// Reduces an IPv6 address to its network of 64 bits: one client can use all of them.
fn owner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owner_cannot_take_all_permits_and_a_permit_is_returned() {
        let limiter = ConnectionLimiter::new(3, 2);
        let [one, same, other] = ["2001:db8::1", "2001:db8::ffff:1", "192.0.2.1"].map(|it| it.parse().unwrap());
        let taken = [limiter.take(one).unwrap(), limiter.take(same).unwrap()];
        assert!(limiter.take(one).is_none() && !limiter.is_free_for(same), "two of one owner are all it gets");
        let last = limiter.take(other).unwrap();
        assert!(limiter.take("192.0.2.2".parse().unwrap()).is_none(), "three are all there are");
        drop((taken, last));
        assert!(limiter.taken.lock().unwrap().by_owner.is_empty());
        assert!(limiter.take(one).is_some());
    }

    #[test]
    fn version_4_written_as_version_6_is_the_same_address() {
        assert_eq!(owner("::ffff:192.0.2.1".parse().unwrap()), owner("192.0.2.1".parse().unwrap()));
        assert_ne!(owner("2001:db8:0:1::1".parse().unwrap()), owner("2001:db8::1".parse().unwrap()));
    }
}
