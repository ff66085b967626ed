//! How long to wait before the next attempt.

use std::time::Duration;

/// After one failure; doubled with each further one.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait before an event is tried again.
const LONGEST: Duration = Duration::from_mins(10);
/// The longest pause of a sink that takes nothing: as soon as it is back, it should be found out.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Before an event is tried again that failed so often. `place` spreads the attempts, so that many events that failed
/// together do not come back together.
pub(super) fn before_retry(attempts: i32, place: i64) -> Duration {
    spread(doubled(attempts).min(LONGEST), place)
}

/// Before a sink is tried again that took nothing so often.
pub(super) fn pause(failures: i32, place: i64) -> Duration {
    spread(doubled(failures).min(LONGEST_PAUSE), place)
}

fn doubled(times: i32) -> Duration {
    let exponent = u32::try_from(times.saturating_sub(1)).unwrap_or(0).min(20);
    FIRST.saturating_mul(1 << exponent)
}

/// Three quarters of it, and up to a quarter more.
fn spread(wait: Duration, place: i64) -> Duration {
    let mixed = place.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    let quarter = wait / 4;
    let part = quarter.saturating_mul(u32::try_from(mixed).unwrap_or(0)) / (1 << 16);
    wait.saturating_sub(quarter).saturating_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_are_spread() {
        let waits: Vec<Duration> = (1..=40).map(|attempts| before_retry(attempts, 7)).collect();
        assert!(waits[0] >= FIRST * 3 / 4 && waits[0] <= FIRST);
        assert!(waits.is_sorted() && waits[39] <= LONGEST && waits[39] >= LONGEST * 3 / 4);
        assert!(pause(40, 7) <= LONGEST_PAUSE);
        let spread: std::collections::BTreeSet<Duration> = (0..100).map(|place| before_retry(5, place)).collect();
        assert!(spread.len() > 90);
    }
}
