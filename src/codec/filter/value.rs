//! Values of fields, as filters compare them.

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::tabular::row_writer::Cell;
use crate::domain::money::Money;
use crate::domain::number::Quantity;

/// The value of a field. Values of one field are of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operand<'v> {
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

impl<'v> Operand<'v> {
    /// The operand that a cell is; None for no value, and for lists.
    #[must_use]
    pub fn of(cell: &Cell<'v>) -> Option<Self> {
        Some(match cell {
            Cell::Text(text) => Self::Text(text),
            Cell::Whole(number) => Self::whole(*number),
            Cell::Flag(flag) => Self::Flag(*flag),
            Cell::Date(date) => Self::Date(*date),
            Cell::Instant(instant) => Self::Instant(*instant),
            Cell::Money(money) => Self::money(*money),
            Cell::Quantity(quantity) => Self::quantity(*quantity),
            Cell::Absent | Cell::Shown(_) | Cell::Causes(_) | Cell::Rules(_) => return None,
        })
    }

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
    /// As [`Operand::Number`].
    Number(i128),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    Flag(bool),
}

impl Constant {
    #[must_use]
    pub fn value(&self) -> Operand<'_> {
        match self {
            Self::Text(text) => Operand::Text(text),
            Self::Number(number) => Operand::Number(*number),
            Self::Date(date) => Operand::Date(*date),
            Self::Instant(instant) => Operand::Instant(*instant),
            Self::Flag(flag) => Operand::Flag(*flag),
        }
    }
}

impl From<Operand<'_>> for Constant {
    fn from(value: Operand<'_>) -> Self {
        match value {
            Operand::Text(text) => Self::Text(text.to_owned()),
            Operand::Number(number) => Self::Number(number),
            Operand::Date(date) => Self::Date(date),
            Operand::Instant(instant) => Self::Instant(instant),
            Operand::Flag(flag) => Self::Flag(flag),
        }
    }
}
