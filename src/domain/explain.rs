//! The lines behind a movement: their terms right before and right after each of its causes.

use super::atom::{LineState, Terms};
use super::customer_facts::CustomerFacts;
use super::ids::{Currency, ItemId, LineId, SubscriptionId};
use super::interval::Interval;
use super::money::{Money, OutOfRange};
use super::movement::{Cause, Level, Movement};
use super::number::{Amount, Discount, Quantity};
use super::step::Step;
use super::story::Story;

/// What one cause did to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineChange {
    pub line_id: LineId,
    pub subscription_id: SubscriptionId,
    pub cause: Cause,
    pub before: LineSnapshot,
    pub after: LineSnapshot,
}

/// A line at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSnapshot {
    /// Whether the line counts (R6); its MRR is in the books only then.
    pub counting: bool,
    pub item_id: ItemId,
    pub quantity: Quantity,
    pub unit_price: Option<Amount>,
    pub discount: Option<Discount>,
    pub interval: Option<Interval>,
    pub mrr: Money,
}

impl From<&LineState<'_>> for LineSnapshot {
    fn from(state: &LineState<'_>) -> Self {
        let Terms { item_id, quantity, unit_price, discount, interval } = state.terms;
        Self {
            counting: state.counting,
            item_id: item_id.clone(),
            quantity,
            unit_price,
            discount,
            interval,
            mrr: state.mrr,
        }
    }
}

/// The changes that a movement is made of, by the facts as they are now. None of them for a movement that the facts no
/// longer give.
///
/// # Errors
/// [`OutOfRange`] when an MRR does not fit.
pub fn line_changes(facts: &CustomerFacts, movement: &Movement) -> Result<Vec<LineChange>, OutOfRange> {
    let story = Story::of(facts)?;
    let mut changes = Vec::new();
    let mut add = |line: usize, step: Step<'_>, before: &LineState<'_>, after: &LineState<'_>| {
        if let Some(indexed) = story.index.lines.get(line) {
            let line = indexed.line;
            let cause = step.cause(&line.line_id);
            if is_part(movement, &line.line_id, line.currency, &cause, after.terms.item_id) {
                changes.push(LineChange {
                    line_id: line.line_id.clone(),
                    subscription_id: line.subscription_id.clone(),
                    cause,
                    before: before.into(),
                    after: after.into(),
                });
            }
        }
    };
    for atom in story.atoms.iter().filter(|atom| atom.on == movement.effective_date) {
        add(atom.line, atom.step, &atom.before, &atom.after);
    }
    for mark in story.renewals.iter().filter(|mark| mark.on == movement.effective_date) {
        let is_listed = story.atoms.iter().any(|atom| {
            atom.on == mark.on
                && atom.line == mark.line
                && matches!(atom.step, Step::Renewal(order, _) if order == mark.order)
        });
        if !is_listed {
            add(mark.line, Step::Renewal(mark.order, None), &mark.before, &mark.after);
        }
    }
    for pause in story.pauses.iter().filter(|pause| pause.on == movement.effective_date) {
        add(pause.line, Step::Suspension(pause.order), &pause.state, &pause.state);
    }
    Ok(changes)
}

/// Whether a line's change belongs to the movement: its cause is one of the movement's, and at CONTRACT level the line
/// is its line, at CUSTOMER level the item its item.
fn is_part(movement: &Movement, line: &LineId, currency: Currency, cause: &Cause, item: &ItemId) -> bool {
    movement.currency == currency
        && movement.causes.contains(cause)
        && match movement.level {
            Level::Contract => movement.line_id.as_ref().is_none_or(|own| own == line),
            Level::Customer => movement.item_id == *item,
        }
}
