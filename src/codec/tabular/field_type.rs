//! The types that fields of a journal entry have: their values in files, and in filters.

use chrono::{DateTime, NaiveDate, Utc};

use crate::codec::tabular::row_writer::{Cell, CellType};
use crate::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId};
use crate::domain::journal::entry::Sequence;
use crate::domain::journal::movement::{Category, Cause, Level, Subcategory};
use crate::domain::money::Money;
use crate::domain::number::Quantity;
use crate::domain::rule::RuleSet;

/// The type of a field.
pub trait FieldType {
    /// What its cells are.
    const CELL: CellType;
    /// What a filter compares it with; None: nothing.
    const OPERAND: Option<OperandType>;

    fn cell(&self) -> Cell<'_>;
}

/// The values that a filter can compare a field with.
#[derive(Debug, Clone, Copy)]
pub enum OperandType {
    /// One of some words, with or without the prefix of the wire.
    Word(&'static str, fn() -> Vec<&'static str>),
    Id,
    Currency,
    Date,
    Instant,
    Number,
    /// The id of a movement.
    Whole,
    /// The number of a rule, as 8 or R8.
    Rule,
    Flag,
}

/// Fields that are words of a closed list.
macro_rules! words {
    ($($type:ident $prefix:literal)*) => {$(
        impl FieldType for $type {
            const CELL: CellType = CellType::Text;
            const OPERAND: Option<OperandType> =
                Some(OperandType::Word($prefix, || Self::ALL.iter().map(|word| word.as_str()).collect()));

            fn cell(&self) -> Cell<'_> {
                Cell::Text(self.as_str())
            }
        }
    )*};
}
words! {
    Level "LEVEL_"
    Category "IMPACT_CATEGORY_"
    Subcategory "IMPACT_SUBCATEGORY_"
}

/// Fields of one type each.
macro_rules! types {
    ($($type:ty: $cell:ident, $operand:expr, |$value:ident| $make:expr;)*) => {$(
        impl FieldType for $type {
            const CELL: CellType = CellType::$cell;
            const OPERAND: Option<OperandType> = $operand;

            fn cell(&self) -> Cell<'_> {
                let $value = self;
                $make
            }
        }
    )*};
}
types! {
    CustomerId: Text, Some(OperandType::Id), |id| Cell::Text(id.as_str());
    SubscriptionId: Text, Some(OperandType::Id), |id| Cell::Text(id.as_str());
    LineId: Text, Some(OperandType::Id), |id| Cell::Text(id.as_str());
    ItemId: Text, Some(OperandType::Id), |id| Cell::Text(id.as_str());
    Currency: Text, Some(OperandType::Currency), |currency| Cell::Text(currency.as_str());
    Sequence: Whole, Some(OperandType::Whole), |number| Cell::Whole(*number);
    bool: Flag, Some(OperandType::Flag), |flag| Cell::Flag(*flag);
    NaiveDate: Date, Some(OperandType::Date), |date| Cell::Date(*date);
    DateTime<Utc>: Instant, Some(OperandType::Instant), |instant| Cell::Instant(*instant);
    Money: Money, Some(OperandType::Number), |money| Cell::Money(*money);
    Quantity: Quantity, Some(OperandType::Number), |quantity| Cell::Quantity(*quantity);
    // Filters ask for the kind, the line and the order of a cause.
    Vec<Cause>: Text, None, |causes| Cell::Causes(causes);
    RuleSet: Text, Some(OperandType::Rule), |rules| Cell::Rules(*rules);
}

impl<T: FieldType> FieldType for Option<T> {
    const CELL: CellType = T::CELL;
    const OPERAND: Option<OperandType> = T::OPERAND;

    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Absent, T::cell)
    }
}
