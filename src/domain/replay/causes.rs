//! Every cause of a line's life, in the order in which they apply (R3, R4); and the orders that come to nothing.

use chrono::NaiveDate;

use crate::domain::classify::atom::Terms;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, FactKey, PriceStep};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::ItemId;
use crate::domain::replay::contract::IndexedLine;
use crate::domain::replay::in_force::{EndCause, Life};
use crate::domain::replay::line_event::{Dated, Step};

pub(in crate::domain) fn void(order: &ChangeOrder, indexed: &IndexedLine<'_>, reason: VoidReason) -> Void {
    let fact = FactKey::Order(order.change_order_id.clone());
    Void { fact, line_id: Some(indexed.line.line_id.clone()), reason }
}

/// R4: the first step always counts, and with it the steps dated up to the start.
pub(in crate::domain) fn first_terms<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>) -> Terms<'f> {
    let mut terms = Terms::new(&indexed.line.item_id);
    for (position, step) in indexed.line.price_steps.iter().enumerate() {
        if position == 0 || step.start_date.unwrap_or(indexed.line.start_date) <= life.start {
            terms.set(&step.terms);
        }
    }
    terms
}

/// The steps that change a line after its start.
fn later_steps<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>) -> impl Iterator<Item = (NaiveDate, &'f PriceStep)> {
    let (start, line_start) = (life.start, indexed.line.start_date);
    let later = indexed.line.price_steps.iter().skip(1);
    // A step without a date is of the line's start date.
    later.map(move |step| (step.start_date.unwrap_or(line_start), step)).filter(move |(date, _)| *date > start)
}

/// Every cause of a line's life, in the order in which they apply (R4). What comes too early or too late is void.
pub(in crate::domain) fn causes<'f>(
    indexed: &IndexedLine<'f>,
    life: &Life<'f>,
    voids: &mut Vec<Void>,
) -> Vec<Dated<'f>> {
    let mut causes = vec![Dated { on: life.start, step: Step::Start(life.activation) }];
    if let Some(trial_end) = indexed.line.trial_end_date.filter(|date| *date > life.start) {
        causes.push(Dated { on: trial_end, step: Step::TrialEnd });
    }
    causes.extend(later_steps(indexed, life).map(|(on, step)| Dated { on, step: Step::Price(step, on) }));
    causes.extend(
        life.renewals
            .iter()
            .map(|renewal| Dated { on: renewal.order.acts_on(), step: Step::Renewal(renewal.order, renewal.entry) }),
    );
    for line_order in &indexed.orders {
        let order = line_order.order;
        let step = match order.order_type {
            ChangeOrderType::ModifyPricing => Step::Modify(order, line_order.entry),
            ChangeOrderType::Reactivation => Step::Reactivation(order),
            ChangeOrderType::Suspension => Step::Suspension(order),
            ChangeOrderType::Activation | ChangeOrderType::Termination | ChangeOrderType::Renewal => {
                voids.extend(unused(order, indexed, life));
                continue;
            }
        };
        if order.acts_on() < life.start {
            voids.push(void(order, indexed, VoidReason::BeforeStart { start: life.start }));
        } else {
            causes.push(Dated { on: order.acts_on(), step });
        }
    }
    let Some(end) = life.end else {
        causes.sort_by_key(|cause| (cause.on, cause.step.rank()));
        return causes;
    };
    // On its end date nothing but the end acts on a line.
    causes.retain(|cause| {
        let too_late = cause.on >= end.on;
        if let Step::Renewal(order, _) | Step::Modify(order, _) | Step::Reactivation(order) | Step::Suspension(order) =
            cause.step
            && too_late
        {
            voids.push(void(order, indexed, VoidReason::AfterEnd { end: end.on }));
        }
        !too_late
    });
    causes.sort_by_key(|cause| (cause.on, cause.step.rank()));
    if life.start < end.on {
        causes.push(Dated { on: end.on, step: Step::End(end.cause) });
    }
    causes
}

/// An ACTIVATION or TERMINATION that is not the cause of the line's start or end.
fn unused(order: &ChangeOrder, indexed: &IndexedLine<'_>, life: &Life<'_>) -> Option<Void> {
    let is = |other: &ChangeOrder| other.change_order_id == order.change_order_id;
    match (order.order_type, life.end.map(|end| (end.on, end.cause))) {
        (ChangeOrderType::Activation, _) if life.activation.is_some_and(is) => None,
        (ChangeOrderType::Activation, _) if indexed.line.pending_activation || life.start == order.acts_on() => {
            Some(void(order, indexed, VoidReason::AlreadyActivated { start: life.start }))
        }
        (ChangeOrderType::Activation, _) => {
            Some(void(order, indexed, VoidReason::ActivationElsewhere { start: life.start }))
        }
        (ChangeOrderType::Termination, Some((_, EndCause::Termination(end)))) if is(end) => None,
        (ChangeOrderType::Termination, Some((end, _))) => Some(void(order, indexed, VoidReason::AfterEnd { end })),
        // RENEWAL orders are judged where coverage is (R9); a TERMINATION of a line without an end cannot be.
        (_, _) => None,
    }
}

/// The item that a line sells, or sold last, on the day before a date, were it in force up to that date (R9).
pub(in crate::domain) fn item_before<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>, date: NaiveDate) -> &'f ItemId {
    let changes = indexed.orders.iter().map(|line_order| (line_order.order, line_order.entry));
    let mut steps: Vec<Dated<'f>> = changes
        .filter(|(order, _)| order.order_type == ChangeOrderType::ModifyPricing && order.acts_on() >= life.start)
        .map(|(order, entry)| Step::Modify(order, entry))
        .chain(life.renewals.iter().map(|renewal| Step::Renewal(renewal.order, renewal.entry)))
        .filter_map(|step| match step {
            Step::Modify(order, _) | Step::Renewal(order, _) => Some(Dated { on: order.acts_on(), step }),
            _ => None,
        })
        .filter(|cause| cause.on < date)
        .collect();
    steps.sort_by_key(|cause| (cause.on, cause.step.rank()));
    let last = steps.iter().rev().find_map(|cause| cause.step.terms()?.item_id.as_ref());
    last.unwrap_or(&indexed.line.item_id)
}
