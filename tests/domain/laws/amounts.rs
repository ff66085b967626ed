//! R2 and R12 to the last decimal, and what happens at the limits.

use deltabook::domain::facts::interval::{Interval, IntervalUnit};
use deltabook::domain::money::{Money, OutOfRange};
use deltabook::domain::number::{Amount, Discount, Percent, Quantity};
use deltabook::domain::replay::replay;
use deltabook::domain::rounding::{mrr, quantity_effect};
use num_bigint::BigInt;
use proptest::prelude::*;
use proptest::sample::select;

use super::config;
use crate::facts::histories::{huge_histories, policies};

/// An entered number in units of 10⁻¹⁰, exactly.
fn exact(text: &str) -> BigInt {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<10}").parse().unwrap()
}

fn numbers() -> impl Strategy<Value = String> {
    prop_oneof!["-?[0-9]{1,3}(\\.[0-9]{1,2})?", "-?[0-9]{1,12}\\.[0-9]{10}", "0\\.0{5,9}[1-9]"]
}

/// A discount as it is entered.
#[derive(Debug, Clone)]
enum Reduction {
    Percent(String),
    Amount(String),
}

impl Reduction {
    fn discount(&self) -> Discount {
        match self {
            Self::Percent(percent) => Discount::Percent(Percent::parse(percent).unwrap()),
            Self::Amount(amount) => Discount::Amount(Amount::parse(amount).unwrap()),
        }
    }
}

fn reductions() -> impl Strategy<Value = Option<Reduction>> {
    let percent = prop_oneof!["[0-9]{1,2}(\\.[0-9]{1,10})?", Just("100".to_owned())].prop_map(Reduction::Percent);
    let amount = "[0-9]{1,7}(\\.[0-9]{1,10})?".prop_map(Reduction::Amount);
    prop_oneof![Just(None), percent.prop_map(Some), amount.prop_map(Some)]
}

/// R2 as a fraction, in micro-units.
fn exact_mrr(quantity: &str, price: &str, reduction: Option<&Reduction>, interval: Interval) -> (BigInt, BigInt) {
    let one = exact("1");
    let gross = exact(quantity) * exact(price);
    let scale = &one * &one;
    let (net, scale) = match reduction.filter(|_| gross > BigInt::ZERO) {
        None => (gross, scale),
        Some(Reduction::Percent(percent)) => (gross * (exact("100") - exact(percent)), scale * exact("100")),
        Some(Reduction::Amount(amount)) => ((gross - exact(amount) * &one).max(BigInt::ZERO), scale),
    };
    let per_year = match interval.unit() {
        IntervalUnit::Day => 365,
        IntervalUnit::Week => 52,
        IntervalUnit::Month => 12,
        IntervalUnit::Year => 1,
    };
    (net * per_year * 1_000_000, scale * interval.count() * 12)
}

/// That a rounded number of micro-units is the nearest to numerator / denominator, the even one of two.
fn is_nearest(rounded: &BigInt, numerator: &BigInt, denominator: &BigInt) -> bool {
    let zero = BigInt::ZERO;
    let twice_off: BigInt = (rounded * denominator - numerator) * 2;
    let twice_off = if twice_off < zero { -twice_off } else { twice_off };
    let unit = if *denominator < zero { -denominator } else { denominator.clone() };
    twice_off < unit || (twice_off == unit && (rounded % 2) == zero)
}

fn fits(numerator: &BigInt, denominator: &BigInt) -> bool {
    let quotient = numerator / denominator;
    quotient >= BigInt::from(i64::MIN) && quotient <= BigInt::from(i64::MAX - 1)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn mrr_is_the_exact_value_rounded_half_even(
        quantity in numbers(), price in numbers(), reduction in reductions(),
        unit in select(IntervalUnit::ALL), count in 1..=1_000_u32,
    ) {
        let interval = Interval::new(unit, count).unwrap();
        let (numerator, denominator) = exact_mrr(&quantity, &price, reduction.as_ref(), interval);
        let discount = reduction.map(|reduction| reduction.discount());
        match mrr(Quantity::parse(&quantity).unwrap(), Amount::parse(&price).unwrap(), discount, interval) {
            Ok(mrr) => prop_assert!(is_nearest(&mrr.micros().into(), &numerator, &denominator), "{}", mrr),
            Err(OutOfRange) => prop_assert!(!fits(&numerator, &denominator)),
        }
    }

    #[test]
    fn a_quantity_effect_is_the_exact_value_rounded_half_even(
        before in numbers(), after in numbers(), micros in -1_000_000_000_000_i64..1_000_000_000_000,
    ) {
        let (exact_before, exact_after) = (exact(&before), exact(&after));
        let (parsed_before, parsed_after) = (Quantity::parse(&before).unwrap(), Quantity::parse(&after).unwrap());
        let numerator = (exact_after - &exact_before) * micros;
        match quantity_effect(Money::from_micros(micros), parsed_before, parsed_after) {
            Ok(None) => prop_assert_eq!(exact_before, BigInt::ZERO),
            Ok(Some(effect)) => prop_assert!(is_nearest(&effect.micros().into(), &numerator, &exact_before)),
            Err(OutOfRange) => prop_assert!(!fits(&numerator, &exact_before)),
        }
    }

    /// Where the amounts fit, the two levels agree there too.
    #[test]
    fn huge_amounts_are_out_of_range_without_a_panic(history in huge_histories(), policy in policies()) {
        let replayed = replay(&history.customer_facts(), &policy);
        prop_assert_eq!(&replayed, &replay(&history.customer_facts(), &policy));
        for movement in replayed.iter().flat_map(|replayed| &replayed.movements) {
            prop_assert_eq!(movement.mrr_after.checked_sub(movement.mrr_before), Ok(movement.delta));
        }
    }
}
