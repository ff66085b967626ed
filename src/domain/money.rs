//! Exact amounts: what people enter ([`Amount`], [`Quantity`], [`Percent`]) and what is derived ([`Money`]).
//!
//! Nothing else in the crate rounds: [`mrr`] (R2) and [`quantity_effect`] (R12) are the two places, each half-even
//! from the exact value. What does not fit is [`OutOfRange`], never a wrapped or a clipped number.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{CheckedAdd, CheckedMul, CheckedSub};
use rust_decimal::Decimal;

use super::interval::Interval;

/// Digits before the decimal point that an entered number may have: it stays below 10¹².
pub const MAX_INTEGER_DIGITS: usize = 12;
/// Decimals that an entered number may have.
pub const MAX_DECIMALS: usize = 10;

/// Bound of a sum of quantities. Below it, ten decimals fit a `Decimal` exactly.
const QUANTITY_SUM_BOUND: i64 = 100_000_000_000_000_000;

/// An amount left the range that the journal can hold (± 9.2 × 10¹² with 6 decimals, for quantities ± 10¹⁷).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is out of range")]
pub struct OutOfRange;

/// What is wrong with an entered number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("is required")]
    Empty,
    #[error("is not a decimal number: digits with at most one point, such as 1299.90")]
    NotADecimal,
    #[error("has more than {MAX_INTEGER_DIGITS} digits before the point")]
    TooLarge,
    #[error("has more than {MAX_DECIMALS} decimals")]
    TooPrecise,
    #[error("is not between 0 and 100")]
    NotAPercentage,
    #[error("is below 0")]
    Negative,
}

/// Reads `-?digits[.digits]`, exactly; no exponent, no separators, no plus sign.
fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Empty);
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(NumberError::NotADecimal),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(NumberError::NotADecimal);
    }
    if whole.trim_start_matches('0').len() > MAX_INTEGER_DIGITS {
        return Err(NumberError::TooLarge);
    }
    if fraction.trim_end_matches('0').len() > MAX_DECIMALS {
        return Err(NumberError::TooPrecise);
    }
    let fraction = fraction.trim_end_matches('0');
    let mantissa = whole
        .bytes()
        .chain(fraction.bytes())
        .try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(digit.checked_sub(b'0')?)))
        .ok_or(NumberError::TooLarge)?;
    let scale = u32::try_from(fraction.len()).map_err(|_| NumberError::TooPrecise)?;
    let number = Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| NumberError::TooLarge)?;
    Ok(if text.starts_with('-') && !number.is_zero() { opposite(number) } else { number })
}

fn opposite(mut number: Decimal) -> Decimal {
    number.set_sign_negative(number.is_sign_positive());
    number
}

/// An amount of money as entered: a price, a discount, a charge. Below 10¹², at most 10 decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(Decimal);

impl Amount {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        parse_decimal(text).map(Self)
    }

    /// Like [`Amount::parse`], but refuses a negative amount.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse_not_negative(text: &str) -> Result<Self, NumberError> {
        let amount = Self::parse(text)?;
        if amount.0.is_sign_negative() { Err(NumberError::Negative) } else { Ok(amount) }
    }

    /// The same amount the other way.
    #[must_use]
    pub fn negated(self) -> Self {
        if self.0.is_zero() { self } else { Self(opposite(self.0)) }
    }
}

/// A part of a hundred, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(Decimal);

impl Percent {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let number = parse_decimal(text)?;
        if number < Decimal::ZERO || number > Decimal::ONE_HUNDRED {
            return Err(NumberError::NotAPercentage);
        }
        Ok(Self(number))
    }
}

/// A number of units as entered, or a sum of such numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Quantity(Decimal);

impl Quantity {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        parse_decimal(text).map(Self)
    }

    /// Reads back a sum that [`Quantity`]'s `Display` wrote: up to 17 digits before the point.
    #[must_use]
    pub fn parse_sum(text: &str) -> Option<Self> {
        Decimal::from_str_exact(text).ok().map(|sum| Self(sum.normalize()))
    }

    /// # Errors
    /// [`OutOfRange`] beyond ± 10¹⁷.
    pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
        let sum = self.0.checked_add(other.0).ok_or(OutOfRange)?;
        if sum.abs() >= Decimal::from(QUANTITY_SUM_BOUND) { Err(OutOfRange) } else { Ok(Self(sum.normalize())) }
    }

    /// # Errors
    /// [`OutOfRange`] beyond ± 10¹⁷.
    pub fn checked_sub(self, other: Self) -> Result<Self, OutOfRange> {
        self.checked_add(Self(opposite(other.0)))
    }
}

macro_rules! shown_as_decimal {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0.to_string())
            }
        }
    )*};
}
shown_as_decimal! { Amount Percent Quantity }

/// Micro-units in a unit of a currency.
const MICROS: i64 = 1_000_000;

/// Recurring revenue, or a difference of it, in micro-units (6 decimals) of a currency that stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_add(other.0).map(Self).ok_or(OutOfRange)
    }

    /// # Errors
    /// [`OutOfRange`] when the difference does not fit.
    pub fn checked_sub(self, other: Self) -> Result<Self, OutOfRange> {
        self.0.checked_sub(other.0).map(Self).ok_or(OutOfRange)
    }

    /// The same amount the other way.
    ///
    /// # Errors
    /// [`OutOfRange`] for the one value that has no opposite.
    pub fn checked_neg(self) -> Result<Self, OutOfRange> {
        Self::ZERO.checked_sub(self)
    }

    /// ARR = 12 × MRR (R2).
    ///
    /// # Errors
    /// [`OutOfRange`] when it does not fit.
    pub fn per_year(self) -> Result<Self, OutOfRange> {
        self.0.checked_mul(12).map(Self).ok_or(OutOfRange)
    }

    /// Reads a decimal with at most 6 decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = Decimal::from_str_exact(text).ok()?.normalize();
        let to_micros = 6_u32.checked_sub(number.scale())?;
        let micros = number.mantissa().checked_mul(10_i128.checked_pow(to_micros)?)?;
        i64::try_from(micros).ok().map(Self)
    }
}

impl fmt::Display for Money {
    /// The shortest decimal: `1299.9`, `-20`, `0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&Decimal::from_i128_with_scale(i128::from(self.0), MICROS.ilog10()).normalize().to_string())
    }
}

/// A reduction of a line's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    Percent(Percent),
    /// Off the price of the whole quantity, per billing interval.
    Amount(Amount),
}

/// Integers that say when they overflow: `i128`, and `BigInt`, which never does.
trait Exact: Integer + Clone + From<i128> + CheckedAdd + CheckedMul + CheckedSub
where
    i64: TryFrom<Self>,
{
}
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
    exact_mrr::<i128>(quantity, unit_price, discount, interval)
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
    let int = |number: i128| T::from(number);
    let mut numerator = int(quantity.0.mantissa()).checked_mul(&int(unit_price.0.mantissa()))?;
    let mut denominator =
        int(power_of_ten(quantity.0.scale())?).checked_mul(&int(power_of_ten(unit_price.0.scale())?))?;
    match discount {
        Some(Discount::Percent(Percent(percent))) if numerator > T::zero() => {
            let hundred = power_of_ten(percent.scale())?.checked_mul(100)?;
            numerator = numerator.checked_mul(&int(hundred.checked_sub(percent.mantissa())?))?;
            denominator = denominator.checked_mul(&int(hundred))?;
        }
        Some(Discount::Amount(Amount(amount))) if numerator > T::zero() => {
            let scale = int(power_of_ten(amount.scale())?);
            let reduction = denominator.checked_mul(&int(amount.mantissa()))?;
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
    round_half_even(numerator.checked_mul(&int(a_year_in_micros))?, denominator.checked_mul(&int(months))?)
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
    exact_quantity_effect::<i128>(mrr_before, before, change)
        .or_else(|| exact_quantity_effect::<BigInt>(mrr_before, before, change))
        .ok_or(OutOfRange)
        .map(Some)
}

fn exact_quantity_effect<T: Exact>(mrr_before: Money, before: Quantity, change: Quantity) -> Option<Money>
where
    i64: TryFrom<T>,
{
    let int = |number: i128| T::from(number);
    let numerator = int(i128::from(mrr_before.0))
        .checked_mul(&int(change.0.mantissa()))?
        .checked_mul(&int(power_of_ten(before.0.scale())?))?;
    let denominator = int(before.0.mantissa()).checked_mul(&int(power_of_ten(change.0.scale())?))?;
    round_half_even(numerator, denominator)
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// The nearest micro-unit; of two that are equally near, the even one.
fn round_half_even<T: Exact>(numerator: T, denominator: T) -> Option<Money>
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
    let nearest = if up { floor.checked_add(&T::one())? } else { floor };
    i64::try_from(nearest).ok().map(Money)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::interval::IntervalUnit;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    fn monthly(q: &str, price: &str, discount: Option<Discount>) -> String {
        let interval = Interval::new(IntervalUnit::Month, 1).unwrap();
        mrr(quantity(q), Amount::parse(price).unwrap(), discount, interval).unwrap().to_string()
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        for (text, shown) in [("1299.90", "1299.9"), ("-0.0000000001", "-0.0000000001"), ("-0", "0"), ("007", "7")] {
            assert_eq!(Amount::parse(text).map(|a| a.to_string()), Ok(shown.into()), "{text}");
        }
        for (text, error) in [
            ("", NumberError::Empty),
            ("1e3", NumberError::NotADecimal),
            ("1,000", NumberError::NotADecimal),
            ("+1", NumberError::NotADecimal),
            ("1.", NumberError::NotADecimal),
            (".5", NumberError::NotADecimal),
            ("-", NumberError::NotADecimal),
            ("٣", NumberError::NotADecimal),
            ("1000000000000", NumberError::TooLarge),
            ("0.00000000001", NumberError::TooPrecise),
        ] {
            assert_eq!(Amount::parse(text), Err(error), "{text}");
        }
        assert_eq!(Percent::parse("100.0000000001"), Err(NumberError::NotAPercentage));
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
    fn what_does_not_fit_is_refused() {
        let huge = Amount::parse("999999999999").unwrap();
        let daily = Interval::new(IntervalUnit::Day, 1).unwrap();
        assert_eq!(mrr(quantity("999999999999"), huge, None, daily), Err(OutOfRange));
        assert!(Money::from_micros(i64::MAX).checked_add(Money::from_micros(1)).is_err());
        assert!(Money::from_micros(i64::MIN).checked_neg().is_err());
    }

    #[test]
    fn money_is_shown_short_and_read_back() {
        for (micros, text) in [(0, "0"), (-20_000_000, "-20"), (1, "0.000001"), (i64::MIN, "-9223372036854.775808")] {
            assert_eq!(Money::from_micros(micros).to_string(), text);
            assert_eq!(Money::parse(text), Some(Money::from_micros(micros)));
        }
    }
}
