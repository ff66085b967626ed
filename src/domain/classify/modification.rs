//! R13: the modification type in force for a cause, and where it holds.

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{
    ChangeOrder, ChangeOrderType, ModificationType, Override, OverrideTarget, SubscriptionLine,
};
use crate::domain::journal::movement::{Level, Levels, Subcategory};
use crate::domain::replay::in_force::{EndCause, InForce};
use crate::domain::replay::line_event::LineEvent;

/// The type in force for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) struct Label<'f> {
    pub modification_type: ModificationType,
    levels: Levels,
    pub subcategory: Option<Subcategory>,
    /// The override that set it; None: the order itself.
    pub over: Option<&'f Override>,
}

impl Label<'_> {
    /// The type, if it holds at the level: IGNORED holds at both.
    pub fn at(self, level: Level) -> Option<ModificationType> {
        let holds = self.modification_type == ModificationType::Ignored || self.levels.contains(level);
        holds.then_some(self.modification_type)
    }
}

/// A customer's modification types.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct Modifications<'f> {
    facts: &'f CustomerFacts,
}

impl<'f> Modifications<'f> {
    pub fn of(facts: &'f CustomerFacts) -> Self {
        Self { facts }
    }

    /// The latest override, else the order's own type.
    pub fn of_order(&self, order: &ChangeOrder) -> Option<Label<'f>> {
        if order.order_type == ChangeOrderType::Reactivation {
            return None;
        }
        self.overridden(|| OverrideTarget::ChangeOrder(order.change_order_id.clone())).or_else(|| {
            let own = order.modification_type.filter(|kind| {
                // Billing systems send every renewal as IGNORED: a plain renewal.
                !(order.order_type == ChangeOrderType::Renewal && *kind == ModificationType::Ignored)
            })?;
            Some(Label { modification_type: own, levels: Levels::Contract, subcategory: None, over: None })
        })
    }

    /// The type in force for an event of a line.
    pub fn of_event(&self, event: LineEvent<'f>, line: &SubscriptionLine) -> Option<Label<'f>> {
        match event {
            LineEvent::Start(Some(order))
            | LineEvent::Renewal(order, _)
            | LineEvent::Modify(order, _)
            | LineEvent::Suspension(order)
            | LineEvent::End(EndCause::Termination(order)) => self.of_order(order),
            LineEvent::Start(None) => self.overridden(|| OverrideTarget::LineStart(line.line_id.clone())),
            LineEvent::TrialEnd => self.overridden(|| OverrideTarget::TrialEnd(line.line_id.clone())),
            LineEvent::Price(_, on) => self.overridden(|| OverrideTarget::PriceStep(line.line_id.clone(), on)),
            LineEvent::End(EndCause::Natural) => self.overridden(|| OverrideTarget::NaturalEnd(line.line_id.clone())),
            // A link takes the type of the renewing line's beginning; a reactivation follows its suspension.
            LineEvent::End(EndCause::Link(_)) | LineEvent::Reactivation(_) => None,
        }
    }

    fn overridden(&self, target: impl Fn() -> OverrideTarget) -> Option<Label<'f>> {
        if self.facts.overrides.is_empty() {
            return None;
        }
        let over = self.facts.overrides.get(&target())?;
        let kind = over.modification_type?;
        Some(Label { modification_type: kind, levels: over.levels, subcategory: over.subcategory, over: Some(over) })
    }
}

/// True if the cause that an override names occurs while the line is in force.
pub(in crate::domain) fn occurs(target: &OverrideTarget, line: &SubscriptionLine, span: Option<&InForce<'_>>) -> bool {
    let Some(span) = span else { return false };
    let within = |date| date > span.start && !span.is_over_by(date);
    match target {
        OverrideTarget::ChangeOrder(_) => true,
        OverrideTarget::LineStart(_) => span.activation.is_none() && !span.is_over_by(span.start),
        OverrideTarget::TrialEnd(_) => line.trial_end_date.is_some_and(within),
        OverrideTarget::PriceStep(_, date) => {
            within(*date) && line.price_steps.iter().skip(1).any(|step| step.start_date == Some(*date))
        }
        OverrideTarget::NaturalEnd(_) => span.end.is_some_and(|end| matches!(end.cause, EndCause::Natural)),
    }
}
