//! Events of a line, what can change it, in the order of R4.

use chrono::NaiveDate;

use crate::domain::facts::fact::{ChangeOrder, OrderEntry, PriceStep, TermsChange};
use crate::domain::ids::LineId;
use crate::domain::journal::movement::Cause;
use crate::domain::replay::in_force::EndCause;
use crate::domain::rule::Rule;

/// An event of a line: a cause, with what it needs to change the line.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) enum LineEvent<'f> {
    Start(Option<&'f ChangeOrder>),
    TrialEnd,
    Renewal(&'f ChangeOrder, Option<&'f OrderEntry>),
    Price(&'f PriceStep, NaiveDate),
    Modify(&'f ChangeOrder, Option<&'f OrderEntry>),
    Reactivation(&'f ChangeOrder),
    Suspension(&'f ChangeOrder),
    End(EndCause<'f>),
}

impl<'f> LineEvent<'f> {
    /// R4: the order in which a line's causes apply on one date, equal kinds by id.
    pub fn rank(self) -> (u8, &'f str) {
        match self {
            Self::Start(_) => (0, ""),
            Self::TrialEnd => (1, ""),
            Self::Renewal(order, _) => (2, order.change_order_id.as_str()),
            Self::Price(..) => (3, ""),
            Self::Modify(order, _) => (4, order.change_order_id.as_str()),
            Self::Reactivation(order) => (5, order.change_order_id.as_str()),
            Self::Suspension(order) => (6, order.change_order_id.as_str()),
            Self::End(_) => (7, ""),
        }
    }

    /// The cause in the vocabulary of movements.
    pub fn cause(self, line: &LineId) -> Cause {
        match self {
            Self::Start(None) => Cause::LineStart(line.clone()),
            Self::Start(Some(order))
            | Self::Renewal(order, _)
            | Self::Modify(order, _)
            | Self::Reactivation(order)
            | Self::Suspension(order)
            | Self::End(EndCause::Termination(order)) => Cause::ChangeOrder(order.change_order_id.clone()),
            Self::TrialEnd => Cause::TrialEnd(line.clone()),
            Self::Price(_, on) => Cause::PriceStep(line.clone(), on),
            Self::End(EndCause::Natural) => Cause::NaturalEnd(line.clone()),
            Self::End(EndCause::Link(by)) => Cause::RenewalLink(line.clone(), by.clone()),
        }
    }

    /// The rule by which it acts.
    pub fn rule(self) -> Rule {
        match self {
            Self::Start(_) | Self::End(EndCause::Termination(_)) => Rule::InForce,
            Self::TrialEnd => Rule::Trial,
            Self::Price(..) | Self::Modify(..) => Rule::Terms,
            Self::Renewal(..) | Self::End(EndCause::Link(_)) => Rule::Renewal,
            Self::Reactivation(_) | Self::Suspension(_) => Rule::Suspension,
            Self::End(EndCause::Natural) => Rule::NaturalEnd,
        }
    }

    /// The terms that it sets.
    pub fn terms(self) -> Option<&'f TermsChange> {
        match self {
            Self::Renewal(_, entry) | Self::Modify(_, entry) => entry.map(|entry| &entry.terms),
            Self::Price(step, _) => Some(&step.terms),
            Self::Start(_) | Self::TrialEnd | Self::Reactivation(_) | Self::Suspension(_) | Self::End(_) => None,
        }
    }

    pub fn is_natural_end(self) -> bool {
        matches!(self, Self::End(EndCause::Natural))
    }
}

/// An event on its date.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct DatedEvent<'f> {
    pub on: NaiveDate,
    pub event: LineEvent<'f>,
}

impl<'f> DatedEvent<'f> {
    /// R4: by date, and on one date by the order in which causes apply.
    pub fn order(&self) -> (NaiveDate, (u8, &'f str)) {
        (self.on, self.event.rank())
    }
}
