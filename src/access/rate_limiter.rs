//! So much in a time, for each of many: a bucket that fills evenly (the generic cell rate algorithm).
//!
//! A library would do for one bucket. Here they are many, in a table that nobody can make larger than it is meant to
//! be, and what was taken can be given back.

use std::hash::Hash;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

/// How many are remembered; who was seen least lately is forgotten first.
const REMEMBERED: NonZero<usize> = NonZero::new(16_384).expect("is above 0");

/// Counts, for each that is named by a `K`.
#[derive(Debug)]
pub struct Limiter<K: Hash + Eq> {
    /// Between two, in the long run.
    interval: Duration,
    /// In which everything may be used up at once.
    window: Duration,
    /// When each bucket would be full again, had it no end.
    full_at: Mutex<LruCache<K, Instant>>,
}

impl<K: Hash + Eq> Limiter<K> {
    /// So many in a window of time.
    #[must_use]
    pub fn new(count: NonZero<u32>, window: Duration) -> Self {
        Self { interval: window / count.get(), window, full_at: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Takes one.
    ///
    /// # Errors
    /// There is none; how long until there is.
    pub fn take(&self, whose: K, now: Instant) -> Result<(), Duration> {
        let mut table = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = table.get(&whose).copied().unwrap_or(now).max(now);
        let then = full_at + self.interval;
        match then.saturating_duration_since(now).checked_sub(self.window) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                table.put(whose, then);
                Ok(())
            }
        }
    }

    /// Gives back what was taken.
    pub fn give_back(&self, whose: &K) {
        let mut table = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = table.get_mut(whose) {
            *full_at = full_at.checked_sub(self.interval).unwrap_or(*full_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_evenly() {
        let limiter = Limiter::new(NonZero::new(3).unwrap(), Duration::from_mins(1));
        let start = Instant::now();
        let take = |whose, seconds| limiter.take(whose, start + Duration::from_secs(seconds));
        for _ in 0..3 {
            take("a", 0).unwrap();
        }
        assert_eq!(take("a", 0), Err(Duration::from_secs(20)));
        take("b", 0).unwrap();
        assert_eq!(take("a", 15), Err(Duration::from_secs(5)));
        take("a", 20).unwrap();
        assert!(take("a", 20).is_err());
        limiter.give_back(&"a");
        take("a", 20).unwrap();
        for _ in 0..3 {
            take("a", 600).unwrap();
        }
        assert!(take("a", 600).is_err());
    }
}
