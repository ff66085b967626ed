//! Medians, quantiles and verdicts.

use std::time::Duration;

/// The median; for an even number of values the higher of the two in the middle.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap()
}

/// The quantile of sorted times.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap()
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Rate a second.
#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
pub fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Prints one result: its name, the numbers, and whether the target is met.
pub fn verdict(what: &str, found: f64, target: Target) {
    let (is_met, text) = match target {
        Target::AtLeast(least) => (found >= least, format!("at least {least}")),
        Target::AtMost(most) => (found <= most, format!("at most {most}")),
    };
    println!("  {} {what}: {found:.2} (target: {text})", if is_met { "ok    " } else { "MISSED" });
}

pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}
