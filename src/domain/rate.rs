//! Exchange rates: what one unit of a currency is worth in another.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::ids::Currency;
use crate::domain::number::{NumberError, parse_decimal};

/// Above 0 and below 10¹², with at most 10 decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub(super) Decimal);

impl Rate {
    /// Of a currency in itself.
    pub const ONE: Self = Self(Decimal::ONE);

    /// # Errors
    /// [`NumberError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let number = parse_decimal(text)?;
        if number > Decimal::ZERO { Ok(Self(number)) } else { Err(NumberError::NotAboveZero) }
    }
}

impl fmt::Display for Rate {
    /// The shortest decimal: `0.92`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.normalize().to_string())
    }
}

/// The worth of a currency in another from a date on, until the set has a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeRate {
    pub from: Currency,
    /// Another one.
    pub to: Currency,
    pub date: NaiveDate,
    pub rate: Rate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_above_zero_and_exact() {
        for (text, shown) in [("0.9200", "0.92"), ("1", "1"), ("0.0000000001", "0.0000000001"), ("010.50", "10.5")] {
            assert_eq!(Rate::parse(text).map(|rate| rate.to_string()), Ok(shown.to_owned()));
        }
        assert_eq!(Rate::parse("0"), Err(NumberError::NotAboveZero));
        assert_eq!(Rate::parse("-1"), Err(NumberError::NotAboveZero));
        assert_eq!(Rate::parse("0.00000000001"), Err(NumberError::TooPrecise));
        assert_eq!(Rate::parse(""), Err(NumberError::Empty));
    }
}
