//! What holds for every history, whatever is in it. Each test is a law, and its name states it.
//!
//! 2,000 histories a law; more with `PROPTEST_CASES=100000 cargo test --release --test domain laws`. The rooms:
//! [`movements`], what holds for each movement and their sums; [`truth`], R14 against [`books`], a slow second way to
//! the MRR of every line; [`correction`], R16 against a simulated journal; [`amounts`], R2 and R12 and the limits.

mod amounts;
mod books;
mod correction;
mod coverage;
mod movements;
mod renewals;
mod truth;
mod types;

use std::collections::BTreeMap;

use deltabook::domain::ids::Currency;
use deltabook::domain::journal::movement::{Level, Movement};
use deltabook::domain::policy::Policy;
use deltabook::domain::replay::{Replay, replay};

use crate::facts::histories::{History, config};

fn replayed(history: &History, policy: &Policy) -> Replay {
    replay(&history.customer_facts(), policy).unwrap()
}

/// Micro-units by a key that each movement has; what cancels out is left out.
fn sums<'m, K: Ord>(
    movements: impl IntoIterator<Item = &'m Movement>,
    key: impl Fn(&'m Movement) -> K,
) -> BTreeMap<K, i128> {
    let mut sums = BTreeMap::new();
    for movement in movements {
        *sums.entry(key(movement)).or_default() += i128::from(movement.delta.micros());
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn at(level: Level, movements: &[Movement]) -> impl Iterator<Item = &Movement> + Clone {
    movements.iter().filter(move |movement| movement.level == level)
}

/// Sums by date and currency of the movements of a level that are chosen.
fn by_date(
    level: Level,
    movements: &[Movement],
    chosen: impl Fn(&Movement) -> bool,
) -> BTreeMap<(chrono::NaiveDate, Currency), i128> {
    sums(at(level, movements).filter(|movement| chosen(movement)), |movement| {
        (movement.effective_date, movement.currency)
    })
}
