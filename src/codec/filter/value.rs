//! Values that fields have and are compared with.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::money::Money;
use crate::domain::number::Quantity;

/// The value of a field. Values of one field are of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value<'v> {
    Text(&'v str),
    /// In units of the last decimal that a number may have, 10⁻¹⁰: so all numbers compare exactly.
    Number(i128),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Flag(bool),
}

/// Units of the last decimal in a whole.
const UNITS: i128 = 10_000_000_000;
/// Units of it in a micro-unit.
const UNITS_OF_A_MICRO: i128 = 10_000;

impl Value<'_> {
    #[must_use]
    pub fn whole(number: i64) -> Self {
        Self::Number(i128::from(number).saturating_mul(UNITS))
    }

    #[must_use]
    pub fn money(money: Money) -> Self {
        Self::Number(i128::from(money.micros()).saturating_mul(UNITS_OF_A_MICRO))
    }

    /// Quantities have at most 10 decimals, and sums of them stay below 10¹⁷.
    #[must_use]
    pub fn quantity(quantity: Quantity) -> Self {
        let (digits, decimals) = quantity.parts();
        let units = UNITS.checked_div(10_i128.saturating_pow(decimals)).unwrap_or_default();
        Self::Number(digits.saturating_mul(units))
    }
}

/// A value that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    Text(String),
    /// As [`Value::Number`].
    Number(i128),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Flag(bool),
}

impl Constant {
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Number(number) => Value::Number(*number),
            Self::Date(date) => Value::Date(*date),
            Self::Instant(instant) => Value::Instant(*instant),
            Self::Flag(flag) => Value::Flag(*flag),
        }
    }
}

impl From<Value<'_>> for Constant {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Number(number) => Self::Number(number),
            Value::Date(date) => Self::Date(date),
            Value::Instant(instant) => Self::Instant(instant),
            Value::Flag(flag) => Self::Flag(flag),
        }
    }
}
