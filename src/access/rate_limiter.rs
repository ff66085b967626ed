//! Keyed rate limiter (generic cell rate algorithm) with a bounded LRU.
//!
//! Libraries limit one key or an unbounded number; here the table has a fixed capacity, and a unit can be refunded.

use std::hash::Hash;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

/// Capacity; the least recently used keys are evicted, and start anew.
const CAPACITY: NonZero<usize> = NonZero::new(16_384).expect("is above 0");

/// Limits the rate of each key.
#[derive(Debug)]
pub struct RateLimiter<K: Hash + Eq> {
    /// Time for one unit in the long run.
    interval: Duration,
    /// Window key units may be used in one burst.
    window: Duration,
    /// Theoretical arrival time of each key.
    arrival_at: Mutex<LruCache<K, Instant>>,
}

impl<K: Hash + Eq> RateLimiter<K> {
    /// Allows `count` units in a window of time.
    #[must_use]
    pub fn new(count: NonZero<u32>, window: Duration) -> Self {
        Self { interval: window / count.get(), window, arrival_at: Mutex::new(LruCache::new(CAPACITY)) }
    }

    /// Takes one unit.
    ///
    /// # Errors
    /// The time until the next unit is available.
    pub fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut table = self.arrival_at.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival_at = table.get(&key).copied().unwrap_or(now).max(now);
        let then = arrival_at + self.interval;
        match then.saturating_duration_since(now).checked_sub(self.window) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                table.put(key, then);
                Ok(())
            }
        }
    }

    /// Refunds a unit.
    pub fn refund(&self, key: &K) {
        let mut table = self.arrival_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arrival_at) = table.get_mut(key) {
            *arrival_at = arrival_at.checked_sub(self.interval).unwrap_or(*arrival_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_is_allowed_and_then_an_even_rate() {
        let limiter = RateLimiter::new(NonZero::new(3).unwrap(), Duration::from_mins(1));
        let start = Instant::now();
        let take = |key, seconds| limiter.take(key, start + Duration::from_secs(seconds));
        for _ in 0..3 {
            take("a", 0).unwrap();
        }
        assert_eq!(take("a", 0), Err(Duration::from_secs(20)));
        take("b", 0).unwrap();
        assert_eq!(take("a", 15), Err(Duration::from_secs(5)));
        take("a", 20).unwrap();
        assert!(take("a", 20).is_err());
        limiter.refund(&"a");
        take("a", 20).unwrap();
        for _ in 0..3 {
            take("a", 600).unwrap();
        }
        assert!(take("a", 600).is_err());
    }
}
