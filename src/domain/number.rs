//! Numbers as people enter them: exact decimals, read strictly.

use std::fmt;

use rust_decimal::Decimal;

use crate::domain::money::OutOfRange;

/// Digits before the decimal point that an entered number may have: it stays below 10¹².
pub const MAX_INTEGER_DIGITS: usize = 12;
/// Decimals that an entered number may have.
pub const MAX_DECIMALS: usize = 10;

/// Bound of a sum of quantities. Below it, ten decimals fit a `Decimal` exactly.
const QUANTITY_SUM_BOUND: i64 = 100_000_000_000_000_000;

/// A violation in an entered number.
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
    #[error("is not above 0")]
    NotAboveZero,
}

/// Reads `-?digits[.digits]`, exactly; no exponent, no separators, no plus sign.
pub(super) fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
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
    // Of an ASCII digit, the low four bits are its value.
    let digits = || whole.bytes().chain(fraction.bytes()).map(|digit| digit & 0x0f);
    let short = digits().try_fold(0_i64, |sum, digit| sum.checked_mul(10)?.checked_add(digit.into()));
    let long = || digits().try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(digit.into()));
    let mantissa = short.map(i128::from).or_else(long).ok_or(NumberError::TooLarge)?;
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
pub struct Amount(pub(super) Decimal);

impl Amount {
    /// # Errors
    /// [`NumberError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        parse_decimal(text).map(Self)
    }

    /// Like [`Amount::parse`], but refuses a negative amount.
    ///
    /// # Errors
    /// [`NumberError`] for any other text.
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
pub struct Percent(pub(super) Decimal);

impl Percent {
    /// # Errors
    /// [`NumberError`] for any other text.
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
pub struct Quantity(pub(super) Decimal);

impl Quantity {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// # Errors
    /// [`NumberError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        parse_decimal(text).map(Self)
    }

    /// The digits without a point, and how many of them stand after it.
    #[must_use]
    pub fn parts(self) -> (i128, u32) {
        (self.0.mantissa(), self.0.scale())
    }

    /// Reads back a sum that [`Quantity`]'s `Display` wrote: up to 17 digits before the point.
    #[must_use]
    pub fn parse_sum(text: &str) -> Option<Self> {
        Decimal::from_str_exact(text).ok().map(|sum| Self(sum.normalize()))
    }

    /// # Errors
    /// [`OutOfRange`] beyond ± 10¹⁷.
    pub fn checked_add(self, other: Self) -> Result<Self, OutOfRange> {
        // Most sums are of nothing and something, which is in range by itself.
        if self.0.is_zero() {
            return Ok(other);
        }
        if other.0.is_zero() {
            return Ok(self);
        }
        let sum = self.0.checked_add(other.0).ok_or(OutOfRange)?;
        // Decimals only make a number smaller than its digits, so most sums need no comparison.
        let is_small = sum.mantissa().unsigned_abs() < u128::from(QUANTITY_SUM_BOUND.unsigned_abs());
        if is_small || sum.abs() < Decimal::from(QUANTITY_SUM_BOUND) { Ok(Self(sum)) } else { Err(OutOfRange) }
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
                f.pad(&self.0.normalize().to_string())
            }
        }
    )*};
}
shown_as_decimal! { Amount Percent Quantity }

/// A reduction of a line's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    Percent(Percent),
    /// Off the price of the whole quantity, per billing interval.
    Amount(Amount),
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
