//! Waiting for conditions. No test waits for a fixed time in which something is expected to happen.

use std::time::{Duration, Instant};

/// Longer than anything takes, also on a machine that is busy with other work.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// Repeats an attempt until it succeeds; panics with the last failure when that takes too long.
pub async fn until<T, E: std::fmt::Debug>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match attempt().await {
            Ok(found) => return found,
            Err(failure) => assert!(began.elapsed() < PATIENCE, "still after {PATIENCE:?}: {failure:?}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// [`until`] for tests without a runtime.
pub fn until_blocking<T, E: std::fmt::Debug>(mut attempt: impl FnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match attempt() {
            Ok(found) => return found,
            Err(failure) => assert!(began.elapsed() < PATIENCE, "still after {PATIENCE:?}: {failure:?}"),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Success where a condition holds, else what there is instead.
pub fn holds<T>(condition: bool, instead: T) -> Result<(), T> {
    if condition { Ok(()) } else { Err(instead) }
}
