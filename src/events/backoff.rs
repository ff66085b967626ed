//! Delays between attempts: exponential backoff with jitter.

use std::time::Duration;

/// Delay after the first failure, doubled with each further one.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Longest delay before an event is tried again.
const MAX_RETRY_DELAY: Duration = Duration::from_mins(10);
/// Longest pause of a sink that takes nothing: short, so that its recovery is noticed soon.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Delay before the next attempt at an event. `seed` spreads the attempts, so that events that failed together do not come
/// back together.
pub(super) fn retry_delay(attempts: i32, seed: i64) -> Duration {
    with_jitter(exponential(attempts).min(MAX_RETRY_DELAY), seed)
}

/// Pause before the next attempt at a sink that took nothing.
pub(super) fn sink_pause(failures: i32, seed: i64) -> Duration {
    with_jitter(exponential(failures).min(MAX_PAUSE), seed)
}

fn exponential(failures: i32) -> Duration {
    // A million times the first delay is above every maximum.
    let doublings = failures.clamp(1, 21) - 1;
    FIRST_DELAY * (1 << doublings)
}

/// Three quarters of the delay, and up to a quarter more.
fn with_jitter(delay: Duration, seed: i64) -> Duration {
    let [.., high, highest] = seed.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let fraction = u32::from(u16::from_le_bytes([high, highest]));
    let quarter = delay / 4;
    quarter * 3 + quarter * fraction / (1 << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_limit_and_are_spread() {
        let delays: Vec<Duration> = (1..=40).map(|attempts| retry_delay(attempts, 7)).collect();
        assert!(delays[0] >= FIRST_DELAY * 3 / 4 && delays[0] <= FIRST_DELAY);
        assert!(delays.is_sorted() && delays[39] <= MAX_RETRY_DELAY && delays[39] >= MAX_RETRY_DELAY * 3 / 4);
        assert!(sink_pause(40, 7) <= MAX_PAUSE);
        let spread: std::collections::BTreeSet<Duration> = (0..100).map(|seed| retry_delay(5, seed)).collect();
        assert!(spread.len() > 90);
    }
}
