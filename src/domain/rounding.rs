//! The only rounding: [`mrr`] (R2), [`quantity_effect`] (R12), and what reports divide ([`ratio`], [`average`]) and convert
//! ([`Unrounded`]); each once, half-even from the exact value.
//!
//! Numbers of 22 digits are multiplied here: in a `BigInt`, unless an `i64` is enough, as it nearly always is, or an
//! `i128`.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{CheckedAdd, CheckedMul, CheckedSub};

use crate::domain::facts::interval::Interval;
use crate::domain::money::{MICROS, Money, OutOfRange};
use crate::domain::number::{Amount, Discount, MAX_DECIMALS, Percent, Quantity};
use crate::domain::rate::Rate;

/// Integers that say when they overflow; a `BigInt` never does.
trait Exact: Integer + Clone + TryFrom<i128> + CheckedAdd + CheckedMul + CheckedSub
where
    i64: TryFrom<Self>,
{
}
impl Exact for i64 {}
impl Exact for i128 {}
impl Exact for BigInt {}

/// R2: `MRR = net × periods per year / interval count / 12`, rounded once.
///
/// # Errors
/// [`OutOfRange`] when the MRR does not fit.
pub fn mrr(
    quantity: Quantity,
    unit_price: Amount,
    discount: Option<Discount>,
    interval: Interval,
) -> Result<Money, OutOfRange> {
    if quantity.0.is_zero() || unit_price.0.is_zero() {
        return Ok(Money::ZERO);
    }
    exact_mrr::<i64>(quantity, unit_price, discount, interval)
        .or_else(|| exact_mrr::<i128>(quantity, unit_price, discount, interval))
        .or_else(|| exact_mrr::<BigInt>(quantity, unit_price, discount, interval))
        .ok_or(OutOfRange)
}

fn exact_mrr<T: Exact>(
    quantity: Quantity,
    unit_price: Amount,
    discount: Option<Discount>,
    interval: Interval,
) -> Option<Money>
where
    i64: TryFrom<T>,
{
    let int = |number: i128| T::try_from(number).ok();
    let mut numerator = int(quantity.0.mantissa())?.checked_mul(&int(unit_price.0.mantissa())?)?;
    let mut denominator =
        int(power_of_ten(quantity.0.scale())?)?.checked_mul(&int(power_of_ten(unit_price.0.scale())?)?)?;
    match discount {
        Some(Discount::Percent(Percent(percent))) if numerator > T::zero() => {
            let hundred = power_of_ten(percent.scale())?.checked_mul(100)?;
            numerator = numerator.checked_mul(&int(hundred.checked_sub(percent.mantissa())?)?)?;
            denominator = denominator.checked_mul(&int(hundred)?)?;
        }
        Some(Discount::Amount(Amount(amount))) if numerator > T::zero() => {
            let scale = int(power_of_ten(amount.scale())?)?;
            let reduction = denominator.checked_mul(&int(amount.mantissa())?)?;
            numerator = numerator.checked_mul(&scale)?.checked_sub(&reduction)?;
            denominator = denominator.checked_mul(&scale)?;
            if numerator < T::zero() {
                return Some(Money::ZERO);
            }
        }
        Some(Discount::Percent(_) | Discount::Amount(_)) | None => {}
    }
    let a_year_in_micros = i128::from(interval.units_per_year()).checked_mul(i128::from(MICROS))?;
    let months = i128::from(interval.count()).checked_mul(12)?;
    round_half_even(numerator.checked_mul(&int(a_year_in_micros)?)?, denominator.checked_mul(&int(months)?)?)
}

/// R12: `round6(M0 × (Q1 − Q0) / Q0)`; None where `Q0` is 0 (there it is the whole amount).
///
/// # Errors
/// [`OutOfRange`] when the effect does not fit.
pub fn quantity_effect(mrr_before: Money, before: Quantity, after: Quantity) -> Result<Option<Money>, OutOfRange> {
    if before.0.is_zero() {
        return Ok(None);
    }
    let change = after.checked_sub(before)?;
    if change.0.is_zero() || mrr_before.is_zero() {
        return Ok(Some(Money::ZERO));
    }
    exact_quantity_effect::<i64>(mrr_before, before, change)
        .or_else(|| exact_quantity_effect::<i128>(mrr_before, before, change))
        .or_else(|| exact_quantity_effect::<BigInt>(mrr_before, before, change))
        .ok_or(OutOfRange)
        .map(Some)
}

fn exact_quantity_effect<T: Exact>(mrr_before: Money, before: Quantity, change: Quantity) -> Option<Money>
where
    i64: TryFrom<T>,
{
    let int = |number: i128| T::try_from(number).ok();
    let numerator = int(i128::from(mrr_before.micros()))?
        .checked_mul(&int(change.0.mantissa())?)?
        .checked_mul(&int(power_of_ten(before.0.scale())?)?)?;
    let denominator = int(before.0.mantissa())?.checked_mul(&int(power_of_ten(change.0.scale())?)?)?;
    round_half_even(numerator, denominator)
}

/// A ratio to the millionth, as [`ratio`] rounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(i128);

impl Ratio {
    /// 100 %.
    pub const ONE: Self = Self(1_000_000);
}

impl fmt::Display for Ratio {
    /// With all six decimals: `0.950000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        f.pad(&format!("{sign}{whole}.{rest:06}"))
    }
}

/// The ratio of two numbers of one unit; None where there is nothing to compare with: the denominator is not above 0.
///
/// # Errors
/// [`OutOfRange`] when the ratio does not fit.
pub fn ratio(numerator: i64, denominator: i64) -> Result<Option<Ratio>, OutOfRange> {
    if denominator <= 0 {
        return Ok(None);
    }
    let millionths = i128::from(numerator).checked_mul(i128::from(MICROS)).ok_or(OutOfRange)?;
    let rounded = half_even(millionths, i128::from(denominator)).ok_or(OutOfRange)?;
    Ok(Some(Ratio(rounded)))
}

/// The part of each of a number; None where there are none.
///
/// # Errors
/// [`OutOfRange`] when it does not fit.
pub fn average(total: Money, number: i64) -> Result<Option<Money>, OutOfRange> {
    if number <= 0 {
        return Ok(None);
    }
    round_half_even(i128::from(total.micros()), i128::from(number)).ok_or(OutOfRange).map(Some)
}

/// A sum of converted amounts, to the last of a rate's decimals: it is rounded when all of them are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unrounded(i128);

impl Unrounded {
    /// An amount in micro-units at a rate.
    ///
    /// # Errors
    /// [`OutOfRange`] when it does not fit, nor would it when rounded.
    pub fn converted(micros: i128, Rate(rate): Rate) -> Result<Self, OutOfRange> {
        let more = u32::try_from(MAX_DECIMALS).ok().and_then(|decimals| decimals.checked_sub(rate.scale()));
        let digits = more.and_then(power_of_ten).and_then(|factor| rate.mantissa().checked_mul(factor));
        digits.and_then(|digits| digits.checked_mul(micros)).map(Self).ok_or(OutOfRange)
    }

    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
    }

    /// To the micro-unit, half-even.
    ///
    /// # Errors
    /// [`OutOfRange`] when it does not fit.
    pub fn rounded(self) -> Result<Money, OutOfRange> {
        let one = u32::try_from(MAX_DECIMALS).ok().and_then(power_of_ten).ok_or(OutOfRange)?;
        round_half_even(self.0, one).ok_or(OutOfRange)
    }
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// The nearest micro-unit.
fn round_half_even<T: Exact>(numerator: T, denominator: T) -> Option<Money>
where
    i64: TryFrom<T>,
{
    i64::try_from(half_even(numerator, denominator)?).ok().map(Money::from_micros)
}

/// The nearest whole number; of two that are equally near, the even one.
fn half_even<T: Exact>(numerator: T, denominator: T) -> Option<T>
where
    i64: TryFrom<T>,
{
    let (numerator, denominator) = if denominator < T::zero() {
        (T::zero().checked_sub(&numerator)?, T::zero().checked_sub(&denominator)?)
    } else {
        (numerator, denominator)
    };
    let (floor, rest) = numerator.div_mod_floor(&denominator);
    let up = match rest.cmp(&denominator.checked_sub(&rest)?) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => floor.is_odd(),
        std::cmp::Ordering::Greater => true,
    };
    if up { floor.checked_add(&T::one()) } else { Some(floor) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::interval::IntervalUnit;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    fn monthly(q: &str, price: &str, discount: Option<Discount>) -> String {
        let interval = Interval::new(IntervalUnit::Month, 1).unwrap();
        mrr(quantity(q), Amount::parse(price).unwrap(), discount, interval).unwrap().to_string()
    }

    #[test]
    fn rounding_is_half_even_from_the_exact_value() {
        assert_eq!(monthly("1", "0.0000005", None), "0");
        assert_eq!(monthly("1", "0.0000015", None), "0.000002");
        assert_eq!(monthly("1", "-0.0000025", None), "-0.000002");
        // Two numbers of 22 digits: their product needs more than 96 bits, and is still exact.
        assert_eq!(monthly("999999.9999999999", "9.9999999999", None), "9999999.9999");
        assert_eq!(monthly("0.0000000001", "999999999999.9999999999", None), "100");
    }

    #[test]
    fn a_discount_never_turns_a_charge_into_a_credit() {
        let five_off = Some(Discount::Amount(Amount::parse("5").unwrap()));
        assert_eq!(monthly("2", "2", five_off), "0");
        assert_eq!(monthly("2", "-2", five_off), "-4");
        assert_eq!(monthly("3", "2", five_off), "1");
        assert_eq!(monthly("3", "2", Some(Discount::Percent(Percent::parse("33.3").unwrap()))), "4.002");
    }

    #[test]
    fn ratios_are_rounded_once_and_need_something_to_compare_with() {
        let shown = |numerator, denominator| ratio(numerator, denominator).unwrap().map(|it| it.to_string());
        assert_eq!(shown(1, 3), Some("0.333333".to_owned()));
        assert_eq!(shown(-2, 3), Some("-0.666667".to_owned()));
        assert_eq!(shown(3, 2), Some("1.500000".to_owned()));
        // Half of a millionth goes to the even one.
        assert_eq!(shown(1, 2_000_000), Some("0.000000".to_owned()));
        assert_eq!(shown(3, 2_000_000), Some("0.000002".to_owned()));
        assert_eq!(shown(i64::MAX, 1), Some("9223372036854775807.000000".to_owned()));
        assert_eq!((shown(1, 0), shown(1, -1)), (None, None));
        let each = |number| average(Money::from_micros(5), number).unwrap().map(|it| it.to_string());
        assert_eq!((each(2), each(0)), (Some("0.000002".to_owned()), None));
    }

    #[test]
    fn what_is_converted_is_rounded_when_it_is_added() {
        let at = |micros, rate: &str| Unrounded::converted(micros, Rate::parse(rate).unwrap()).unwrap();
        assert_eq!(at(1, "0.5").rounded(), Ok(Money::ZERO));
        assert_eq!(at(1, "0.5").checked_add(at(1, "0.5")).unwrap().rounded(), Ok(Money::from_micros(1)));
        assert_eq!(at(-3, "0.5").rounded(), Ok(Money::from_micros(-2)));
        assert_eq!(at(100_000_000, "0.9234567891").rounded(), Ok(Money::from_micros(92_345_679)));
        let most = i128::from(i64::MAX);
        assert_eq!(at(most, "1").rounded(), Ok(Money::from_micros(i64::MAX)));
        assert_eq!(at(most, "1.0000000001").rounded(), Err(OutOfRange));
        assert_eq!(Unrounded::converted(i128::MAX, Rate::ONE), Err(OutOfRange));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let huge = Amount::parse("999999999999").unwrap();
        let daily = Interval::new(IntervalUnit::Day, 1).unwrap();
        assert_eq!(mrr(quantity("999999999999"), huge, None, daily), Err(OutOfRange));
    }
}
