//! The values of generated histories. Few of each; the plainest first, for that is where they shrink to.

use super::raw::{RawDiscount, RawEntry, RawInterval, RawPriceStep};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Next days among them, for ends of day; a leap day; far dates.
pub const DATES: [&str; 11] = [
    "2024-02-28",
    "2024-02-29",
    "2024-03-01",
    "2024-04-01",
    "2024-04-02",
    "2024-07-01",
    "2025-01-01",
    "2025-02-28",
    "2025-03-01",
    "2026-03-01",
    "2029-12-31",
];
/// Where most lines start and most ends of trials are.
const EARLY: [&str; 5] = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-04-01", "2024-04-02"];

/// The numbers that a history is made of.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    quantities: &'static [&'static str],
    prices: &'static [&'static str],
    /// Discounts by amount.
    reductions: &'static [&'static str],
}

pub const USUAL: Numbers = Numbers {
    quantities: &["1", "2", "3", "1", "2", "10", "0", "0.5", "-1"],
    prices: &["10", "20", "12", "10", "20", "99.99", "0", "-5", "33.3333333333", "0.0000005"],
    reductions: &["1", "5", "1000", "0", "0.01"],
};
pub const HUGE: Numbers = Numbers {
    quantities: &["1", "999999999999", "0.0000000001", "1000000", "-999999999999.9999999999"],
    prices: &["1", "999999999999.9999999999", "9000000000", "0.0000000001", "-999999999999"],
    reductions: &["1", "999999999999.9999999999", "0.0000000001"],
};

pub fn dates() -> impl Strategy<Value = &'static str> + Clone {
    select(&DATES[..])
}

pub fn early_dates() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![4 => select(&EARLY[..]), 1 => dates()]
}

pub fn items() -> impl Strategy<Value = &'static str> + Clone {
    select(&["A", "B", "A", "B", "C"][..])
}

/// One of these, or the empty text.
pub fn or_nothing(
    likelihood: f64,
    some: impl Strategy<Value = &'static str> + Clone,
) -> impl Strategy<Value = String> + Clone {
    option::weighted(likelihood, some).prop_map(|some| some.unwrap_or_default().to_owned())
}

fn discounts(numbers: Numbers) -> impl Strategy<Value = RawDiscount> + Clone {
    let percent = select(&["10", "50", "100", "0", "33.3333333333"][..])
        .prop_map(|percent: &str| RawDiscount { percent: percent.to_owned(), amount: String::new() });
    let amount = select(numbers.reductions)
        .prop_map(|amount: &str| RawDiscount { percent: String::new(), amount: amount.to_owned() });
    prop_oneof![percent, amount]
}

fn intervals() -> impl Strategy<Value = RawInterval> + Clone {
    let odd =
        [("MONTH", 1), ("MONTH", 3), ("YEAR", 1), ("YEAR", 2), ("WEEK", 7), ("DAY", 5), ("WEEK", 1), ("DAY", 1000)];
    prop_oneof![
        3 => Just(("MONTH", 1)),
        2 => select(odd.to_vec()),
    ]
    .prop_map(|(unit, count)| RawInterval { unit: unit.to_owned(), count })
}

/// A line's first price step, with all that it needs.
pub fn whole_terms(numbers: Numbers) -> impl Strategy<Value = RawPriceStep> + Clone {
    let texts = (select(numbers.quantities), select(numbers.prices));
    (texts, option::weighted(0.2, discounts(numbers)), intervals()).prop_map(
        |((quantity, unit_price), discount, interval)| RawPriceStep {
            start_date: String::new(),
            quantity: quantity.to_owned(),
            unit_price: unit_price.to_owned(),
            discount,
            interval: Some(interval),
        },
    )
}

/// Some new terms, maybe none, for a line to be named later.
pub fn some_terms(numbers: Numbers) -> impl Strategy<Value = RawEntry> + Clone {
    let texts = (
        or_nothing(0.5, select(numbers.quantities)),
        or_nothing(0.5, select(numbers.prices)),
        or_nothing(0.2, items()),
    );
    (texts, option::weighted(0.15, discounts(numbers)), option::weighted(0.15, intervals())).prop_map(
        |((quantity, unit_price, item_id), discount, interval)| RawEntry {
            line_id: String::new(),
            quantity,
            unit_price,
            discount,
            interval,
            item_id,
        },
    )
}
