//! Recurring revenue: exact, checked, in micro-units.

use std::fmt;

use rust_decimal::Decimal;

/// An amount left the range that the journal can hold (± 9.2 × 10¹² with 6 decimals, for quantities ± 10¹⁷).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is out of range")]
pub struct OutOfRange;

/// Micro-units in a unit of a currency.
pub(super) const MICROS: i64 = 1_000_000;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_short_and_read_back() {
        for (micros, text) in [(0, "0"), (-20_000_000, "-20"), (1, "0.000001"), (i64::MIN, "-9223372036854.775808")] {
            assert_eq!(Money::from_micros(micros).to_string(), text);
            assert_eq!(Money::parse(text), Some(Money::from_micros(micros)));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Money::from_micros(i64::MAX).checked_add(Money::from_micros(1)).is_err());
        assert!(Money::from_micros(i64::MIN).checked_neg().is_err());
    }
}
