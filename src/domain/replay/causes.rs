//! The causes of a line, in the order in which they apply (R3, R4); and the orders without effect.

use chrono::NaiveDate;

use crate::domain::classify::atom::Terms;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, FactKey, PriceStep};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::ItemId;
use crate::domain::replay::contract::IndexedLine;
use crate::domain::replay::in_force::{EndCause, InForce};
use crate::domain::replay::line_event::{DatedEvent, LineEvent};

pub(in crate::domain) fn void(order: &ChangeOrder, indexed: &IndexedLine<'_>, reason: VoidReason) -> Void {
    let fact = FactKey::Order(order.change_order_id.clone());
    Void { fact, line_id: Some(indexed.line.line_id.clone()), reason }
}

/// R4: the first step always counts, and with it the steps dated up to the start.
pub(in crate::domain) fn first_terms<'f>(indexed: &IndexedLine<'f>, span: &InForce<'f>) -> Terms<'f> {
    let mut terms = Terms::new(&indexed.line.item_id);
    if let Some((first, later)) = indexed.line.price_steps.split_first() {
        terms.set(&first.terms);
        for step in later.iter().filter(|step| dated(step, indexed) <= span.start) {
            terms.set(&step.terms);
        }
    }
    terms
}

/// The date of a step; one without is of the line's start date.
fn dated(step: &PriceStep, indexed: &IndexedLine<'_>) -> NaiveDate {
    step.start_date.unwrap_or(indexed.line.start_date)
}

/// The steps that change a line after its start.
fn later_steps<'f>(indexed: &IndexedLine<'f>, span: &InForce<'f>) -> impl Iterator<Item = DatedEvent<'f>> {
    let later = indexed.line.price_steps.iter().skip(1).map(|step| (dated(step, indexed), step));
    let later = later.filter(|(on, _)| *on > span.start);
    later.map(|(on, step)| DatedEvent { on, event: LineEvent::Price(step, on) })
}

/// The causes of a line, in the order in which they apply (R4). What comes too early or too late is void.
pub(in crate::domain) fn causes<'f>(
    indexed: &IndexedLine<'f>,
    span: &InForce<'f>,
    voids: &mut Vec<Void>,
) -> Vec<DatedEvent<'f>> {
    let mut causes = vec![DatedEvent { on: span.start, event: LineEvent::Start(span.activation) }];
    if let Some(trial_end) = indexed.line.trial_end_date.filter(|date| *date > span.start) {
        causes.push(DatedEvent { on: trial_end, event: LineEvent::TrialEnd });
    }
    causes.extend(later_steps(indexed, span));
    causes.extend(renewals(span));
    for line_order in &indexed.orders {
        let order = line_order.order;
        let event = match order.order_type {
            ChangeOrderType::ModifyPricing => LineEvent::Modify(order, line_order.entry),
            ChangeOrderType::Reactivation => LineEvent::Reactivation(order),
            ChangeOrderType::Suspension => LineEvent::Suspension(order),
            ChangeOrderType::Activation | ChangeOrderType::Termination | ChangeOrderType::Renewal => {
                voids.extend(unused(order, indexed, span));
                continue;
            }
        };
        if order.acts_on() < span.start {
            voids.push(void(order, indexed, VoidReason::BeforeStart { start: span.start }));
        } else {
            causes.push(DatedEvent { on: order.acts_on(), event });
        }
    }
    let Some(end) = span.end else {
        causes.sort_by_key(DatedEvent::order);
        return causes;
    };
    // On its end date nothing but the end acts on a line.
    causes.retain(|cause| {
        let too_late = cause.on >= end.on;
        if let LineEvent::Renewal(order, _)
        | LineEvent::Modify(order, _)
        | LineEvent::Reactivation(order)
        | LineEvent::Suspension(order) = cause.event
            && too_late
        {
            voids.push(void(order, indexed, VoidReason::AfterEnd { end: end.on }));
        }
        !too_late
    });
    causes.sort_by_key(DatedEvent::order);
    if span.start < end.on {
        causes.push(DatedEvent { on: end.on, event: LineEvent::End(end.cause) });
    }
    causes
}

fn renewals<'f>(span: &InForce<'f>) -> impl Iterator<Item = DatedEvent<'f>> {
    let renewals = span.renewals.iter();
    renewals.map(|it| DatedEvent { on: it.order.acts_on(), event: LineEvent::Renewal(it.order, it.entry) })
}

/// An ACTIVATION or TERMINATION that is not the cause of the line's start or end.
fn unused(order: &ChangeOrder, indexed: &IndexedLine<'_>, span: &InForce<'_>) -> Option<Void> {
    let is = |other: &ChangeOrder| other.change_order_id == order.change_order_id;
    match (order.order_type, span.end.map(|end| (end.on, end.cause))) {
        (ChangeOrderType::Activation, _) if span.activation.is_some_and(is) => None,
        (ChangeOrderType::Activation, _) if indexed.line.pending_activation || span.start == order.acts_on() => {
            Some(void(order, indexed, VoidReason::AlreadyActivated { start: span.start }))
        }
        (ChangeOrderType::Activation, _) => {
            Some(void(order, indexed, VoidReason::ActivationElsewhere { start: span.start }))
        }
        (ChangeOrderType::Termination, Some((_, EndCause::Termination(end)))) if is(end) => None,
        (ChangeOrderType::Termination, Some((end, _))) => Some(void(order, indexed, VoidReason::AfterEnd { end })),
        // RENEWAL orders are judged where coverage is (R9); a TERMINATION of a line without an end cannot be.
        (_, _) => None,
    }
}

/// The item that a line sells, or sold last, on the day before a date, were it in force up to that date (R9).
pub(in crate::domain) fn item_before<'f>(indexed: &IndexedLine<'f>, span: &InForce<'f>, date: NaiveDate) -> &'f ItemId {
    let modified = indexed.orders.iter().filter(|it| it.order.order_type == ChangeOrderType::ModifyPricing);
    let modified =
        modified.map(|it| DatedEvent { on: it.order.acts_on(), event: LineEvent::Modify(it.order, it.entry) });
    let mut events: Vec<DatedEvent<'f>> =
        modified.filter(|it| it.on >= span.start).chain(renewals(span)).filter(|it| it.on < date).collect();
    events.sort_by_key(DatedEvent::order);
    let last = events.iter().rev().find_map(|it| it.event.terms()?.item_id.as_ref());
    last.unwrap_or(&indexed.line.item_id)
}
