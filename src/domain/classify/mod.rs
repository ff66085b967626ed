//! R8, R12 and R13: the decision table.

pub(crate) mod atom;
pub(crate) mod group;
pub(crate) mod modification;
pub(crate) mod zero_amount;

use crate::domain::classify::atom::Position;
use crate::domain::journal::movement::{Effects, Level, Subcategory};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::rounding::quantity_effect;

/// The activity of a contract or customer (R6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    /// At the end of the day before.
    pub before: bool,
    /// At the end of the date.
    pub after: bool,
    /// At the end of any earlier day.
    pub ever: bool,
}

/// A modification type that holds for a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relabel {
    pub axis: Axis,
    pub subcategory: Option<Subcategory>,
}

/// The axis that the type names (R13).
#[derive(Debug, Clone, Copy)]
pub(super) enum Axis {
    NewOrChurn {
        /// Of the groups that the cause labels, in that contract or customer and currency.
        sum: Money,
    },
    UpsellOrDownsell,
    Ignored,
}

/// A group of atoms with an amount that is not 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub level: Level,
    pub before: Position,
    pub after: Position,
    pub activity: Activity,
    pub relabel: Option<Relabel>,
}

impl Change {
    pub fn amount(&self) -> Result<Money, OutOfRange> {
        self.after.mrr.checked_sub(self.before.mrr)
    }
}

/// The category of a change, and its effects.
pub(super) fn classify(change: &Change) -> Result<(Subcategory, Option<Effects>), OutOfRange> {
    let effects = effects(change)?;
    let computed = match change.relabel.map(|relabel| relabel.axis) {
        None => by_activity(change, effects)?,
        Some(Axis::NewOrChurn { sum }) => new_or_churn(change, sum)?,
        Some(Axis::UpsellOrDownsell) => by_lines(change, effects)?,
        Some(Axis::Ignored) => Subcategory::Ignored,
    };
    let named = change.relabel.and_then(|relabel| relabel.subcategory).filter(|named| {
        named.category() == computed.category() && named.only_at().is_none_or(|level| level == change.level)
    });
    Ok((named.unwrap_or(computed), effects))
}

/// R8, upper table: decided over the whole date.
fn by_activity(change: &Change, effects: Option<Effects>) -> Result<Subcategory, OutOfRange> {
    let Activity { before, after, ever } = change.activity;
    Ok(match (before, after, change.level) {
        (false, true, Level::Contract) => Subcategory::NewContract,
        (false, true, Level::Customer) if ever => Subcategory::Reactivation,
        (false, true, Level::Customer) => Subcategory::NewCustomer,
        (true, false, Level::Contract) => Subcategory::ContractChurn,
        (true, false, Level::Customer) => Subcategory::CustomerChurn,
        (false, false, _) | (true, true, _) => by_lines(change, effects)?,
    })
}

/// R8, lower table: the first row that fits.
fn by_lines(change: &Change, effects: Option<Effects>) -> Result<Subcategory, OutOfRange> {
    let Change { before, after, .. } = change;
    let grows = change.amount()?.is_positive();
    let by_price = if grows { Subcategory::PriceIncrease } else { Subcategory::PriceDecrease };
    if before.mrr.is_negative() || after.mrr.is_negative() {
        return Ok(by_price);
    }
    let quantity_effect = effects.map_or(Money::ZERO, |effects| effects.quantity);
    Ok(match (before.lines > 0, after.lines > 0, grows) {
        (false, true, true) => Subcategory::AddOn,
        (true, false, false) => Subcategory::ItemRemoval,
        (true, true, true) if quantity_effect.is_positive() => Subcategory::QuantityIncrease,
        (true, true, false) if quantity_effect.is_negative() => Subcategory::QuantityDecrease,
        (true, true, _) | (false, false, _) | (false, true, false) | (true, false, true) => by_price,
    })
}

/// R13: by the sign of the sum that the cause moves; where that is 0, of the group itself.
fn new_or_churn(change: &Change, sum: Money) -> Result<Subcategory, OutOfRange> {
    let sum = if sum.is_zero() { change.amount()? } else { sum };
    Ok(match (sum.is_positive(), change.level) {
        (true, Level::Contract) => Subcategory::NewContract,
        (true, Level::Customer) => Subcategory::NewCustomer,
        (false, Level::Contract) => Subcategory::ContractChurn,
        (false, Level::Customer) => Subcategory::CustomerChurn,
    })
}

/// R12. Lines that did not count before, or do not after, have no effects.
fn effects(change: &Change) -> Result<Option<Effects>, OutOfRange> {
    let Change { before, after, .. } = change;
    if before.lines <= 0 || after.lines <= 0 {
        return Ok(None);
    }
    let amount = change.amount()?;
    let quantity = quantity_effect(before.mrr, before.quantity, after.quantity)?;
    // Without a quantity before, the whole amount comes from the quantity.
    let quantity = quantity.unwrap_or(amount);
    Ok(Some(Effects { quantity, price: amount.checked_sub(quantity)? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::number::Quantity;

    fn position(lines: i64, quantity: &str, mrr: i64) -> Position {
        Position { lines, quantity: Quantity::parse(quantity).unwrap(), mrr: Money::from_micros(mrr * 1_000_000) }
    }

    /// One row a case: lines, quantity and MRR before and after; the subcategory of a contract that stays active.
    #[test]
    fn the_lower_table() {
        use Subcategory::*;
        let rows = [
            ((0, "0", 0), (1, "1", 10), AddOn),
            ((1, "1", 10), (0, "0", 0), ItemRemoval),
            ((1, "1", 10), (1, "2", 20), QuantityIncrease),
            ((1, "1", 10), (1, "1", 20), PriceIncrease),
            ((1, "2", 10), (1, "1", 20), PriceIncrease),
            ((2, "2", 20), (2, "1", 10), QuantityDecrease),
            ((1, "1", 20), (1, "1", 10), PriceDecrease),
            ((1, "1", 20), (1, "2", 10), PriceDecrease),
            ((1, "0", 0), (1, "5", 10), QuantityIncrease),
            ((0, "0", 0), (1, "1", -10), PriceDecrease),
            ((1, "1", -10), (0, "0", 0), PriceIncrease),
            ((0, "0", 0), (0, "2", 20), PriceIncrease),
            ((1, "1", 0), (0, "0", 5), PriceIncrease),
        ];
        for ((n0, q0, m0), (n1, q1, m1), expected) in rows {
            let activity = Activity { before: true, after: true, ever: true };
            let (before, after) = (position(n0, q0, m0), position(n1, q1, m1));
            let change = Change { level: Level::Contract, before, after, activity, relabel: None };
            assert_eq!(classify(&change).unwrap().0, expected, "{before:?} -> {after:?}");
        }
    }

    #[test]
    fn the_upper_table() {
        use Subcategory::*;
        let rows = [
            (Level::Contract, false, true, true, NewContract),
            (Level::Customer, false, true, false, NewCustomer),
            (Level::Customer, false, true, true, Reactivation),
            (Level::Contract, true, false, true, ContractChurn),
            (Level::Customer, true, false, true, CustomerChurn),
            (Level::Customer, true, true, true, PriceIncrease),
        ];
        for (level, before, after, ever, expected) in rows {
            let activity = Activity { before, after, ever };
            let (from, to) = (position(1, "1", 10), position(1, "1", 12));
            let change = Change { level, before: from, after: to, activity, relabel: None };
            assert_eq!(classify(&change).unwrap().0, expected);
        }
    }
}
