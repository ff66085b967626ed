//! R7, the smallest changes: what one cause does to one counting line.

use chrono::NaiveDate;

use crate::domain::facts::fact::{ChangeOrder, TermsChange};
use crate::domain::facts::interval::Interval;
use crate::domain::ids::ItemId;
use crate::domain::money::{Money, OutOfRange};
use crate::domain::number::{Amount, Discount, Quantity};
use crate::domain::replay::arena::{LineIndex, LinkIndex};
use crate::domain::replay::line_event::LineEvent;
use crate::domain::rounding::mrr;

/// A line's terms at one moment (R4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms<'f> {
    pub item_id: &'f ItemId,
    pub quantity: Quantity,
    pub unit_price: Option<Amount>,
    pub discount: Option<Discount>,
    pub interval: Option<Interval>,
}

impl<'f> Terms<'f> {
    pub(in crate::domain) fn new(item_id: &'f ItemId) -> Self {
        Self { item_id, quantity: Quantity::ZERO, unit_price: None, discount: None, interval: None }
    }

    /// Sets only what is named; the rest carries over. A discount replaces the earlier one whole.
    pub(in crate::domain) fn set(&mut self, change: &'f TermsChange) {
        self.item_id = change.item_id.as_ref().unwrap_or(self.item_id);
        self.quantity = change.quantity.unwrap_or(self.quantity);
        self.unit_price = change.unit_price.or(self.unit_price);
        self.discount = change.discount.or(self.discount);
        self.interval = change.interval.or(self.interval);
    }

    /// R2. Without a price or an interval, which the edge refuses, there is nothing to charge.
    pub(in crate::domain) fn mrr(&self) -> Result<Money, OutOfRange> {
        match (self.unit_price, self.interval) {
            (Some(unit_price), Some(interval)) => mrr(self.quantity, unit_price, self.discount, interval),
            (None, _) | (_, None) => Ok(Money::ZERO),
        }
    }
}

/// A line beside a cause: right before it or right after it.
#[derive(Debug, Clone, Copy)]
pub struct LineState<'f> {
    pub terms: Terms<'f>,
    pub counting: bool,
    /// The line's own MRR (R2, R5), whether it counts or not.
    pub mrr: Money,
}

impl LineState<'_> {
    /// R7: a change of MRR, quantity, item or counting, of a line that counts before or after it.
    pub(in crate::domain) fn differs_from(&self, after: &Self) -> bool {
        self.counting != after.counting
            || (after.counting
                && (self.mrr != after.mrr
                    || self.terms.quantity != after.terms.quantity
                    || self.terms.item_id != after.terms.item_id))
    }

    /// The line's share in its contract and customer: nothing while it does not count.
    pub(in crate::domain) fn position(&self) -> Position {
        if self.counting { Position { lines: 1, quantity: self.terms.quantity, mrr: self.mrr } } else { Position::NONE }
    }

    /// R6: a line makes a contract or customer active while it counts and its MRR is not negative.
    pub(in crate::domain) fn is_active(&self) -> bool {
        self.counting && !self.mrr.is_negative()
    }
}

/// Lines together: how many count, their quantity and their MRR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) struct Position {
    pub lines: i64,
    pub quantity: Quantity,
    pub mrr: Money,
}

impl Position {
    /// Of no line.
    pub const NONE: Self = Self { lines: 0, quantity: Quantity::ZERO, mrr: Money::ZERO };

    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        Ok(Self {
            lines: self.lines.checked_add(other.lines).ok_or(OutOfRange)?,
            quantity: self.quantity.checked_add(other.quantity)?,
            mrr: self.mrr.checked_add(other.mrr)?,
        })
    }

    pub fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        Ok(Self {
            lines: self.lines.checked_sub(other.lines).ok_or(OutOfRange)?,
            quantity: self.quantity.checked_sub(other.quantity)?,
            mrr: self.mrr.checked_sub(other.mrr)?,
        })
    }
}

/// One cause's change of one line.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct Atom<'f> {
    pub line: LineIndex,
    pub on: NaiveDate,
    pub event: LineEvent<'f>,
    /// The cause whose modification type holds (R10: for a reactivation its suspension).
    pub authority: LineEvent<'f>,
    /// The line begins to count with it (R6).
    pub begins: bool,
    pub before: LineState<'f>,
    pub after: LineState<'f>,
    /// The renewal by link that it is part of (R9).
    pub link: Option<LinkIndex>,
}

impl Atom<'_> {
    /// After − before.
    pub fn change(&self) -> Result<Position, OutOfRange> {
        self.after.position().minus(self.before.position())
    }
}

/// A RENEWAL order on a line that counts before and after it (R9).
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct RenewalMark<'f> {
    pub line: LineIndex,
    pub on: NaiveDate,
    pub order: &'f ChangeOrder,
    pub before: LineState<'f>,
    pub after: LineState<'f>,
}

/// A SUSPENSION of a counting line, or its REACTIVATION, that changes no amount (R10).
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct SuspensionMark<'f> {
    pub line: LineIndex,
    pub on: NaiveDate,
    pub order: &'f ChangeOrder,
    /// Of the event (R4).
    pub rank: u8,
    pub state: LineState<'f>,
}
