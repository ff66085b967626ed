//! The lines behind a movement: their terms right before and right after each of its causes.

use crate::domain::classify::atom::{LineState, Terms};
use crate::domain::classify::group::GroupLabel;
use crate::domain::error::InternalError;
use crate::domain::facts::fact::{ModificationType, Override};
use crate::domain::facts::interval::Interval;
use crate::domain::ids::{ItemId, LineId, SubscriptionId};
use crate::domain::journal::movement::Cause;
use crate::domain::money::Money;
use crate::domain::number::{Amount, Discount, Quantity};
use crate::domain::replay::customer_timeline::CustomerTimeline;
use crate::domain::replay::day_changes::Component;
use crate::domain::replay::line_event::LineEvent;

/// The change of one line by one cause.
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
    /// True if the line counts (R6); its MRR is in the journal only then.
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

/// The components of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// In the order in which the causes act.
    pub changes: Vec<LineChange>,
    /// The modification type that named it, if not the facts alone (R13).
    pub named_by: Option<NamedBy>,
}

/// The modification type that named a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedBy {
    pub modification_type: ModificationType,
    /// The override that set it; None: it came with the order.
    pub over: Option<Override>,
}

impl Trace {
    /// The override that named it.
    #[must_use]
    pub fn over(&self) -> Option<&Override> {
        self.named_by.as_ref()?.over.as_ref()
    }

    /// True if both contain a change of one line by one cause.
    #[must_use]
    pub fn shares_a_change_with(&self, other: &Self) -> bool {
        let is_same = |a: &LineChange, b: &LineChange| a.line_id == b.line_id && a.cause == b.cause;
        self.changes.iter().any(|own| other.changes.iter().any(|their| is_same(own, their)))
    }

    pub(in crate::domain) fn of(
        timeline: &CustomerTimeline<'_>,
        components: &[Component<'_, '_>],
        label: Option<&GroupLabel<'_>>,
    ) -> Result<Self, InternalError> {
        let change = |component: &Component<'_, '_>| {
            let (line, event, before, after) = match component {
                Component::Atom(atom) => (atom.line, atom.event, &atom.before, &atom.after),
                Component::Renewal(mark) => {
                    (mark.line, LineEvent::Renewal(mark.order, None), &mark.before, &mark.after)
                }
                // A reactivation is a cause as its suspension is.
                Component::Suspension(mark) => (mark.line, LineEvent::Suspension(mark.order), &mark.state, &mark.state),
            };
            let line = timeline.index.lines.get(line)?.line;
            Ok(LineChange {
                line_id: line.line_id.clone(),
                subscription_id: line.subscription_id.clone(),
                cause: event.cause(&line.line_id),
                before: before.into(),
                after: after.into(),
            })
        };
        let changes = components.iter().map(change).collect::<Result<_, _>>()?;
        let named_by =
            label.map(|label| NamedBy { modification_type: label.modification_type, over: label.over.cloned() });
        Ok(Self { changes, named_by })
    }
}
