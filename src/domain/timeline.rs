//! R4 to R6 and R10: a line's life, cause by cause, and the atoms that it gives.

use chrono::NaiveDate;

use super::atom::{Atom, LineState, Pause, RenewalMark, Terms};
use super::contract::IndexedLine;
use super::fact::{ChangeOrder, ChangeOrderType, FactKey, ModificationType, OrderEntry, PriceStep, TermsChange};
use super::ids::{ItemId, LineId};
use super::life::{EndCause, Life};
use super::modification::Modifications;
use super::money::{Money, OutOfRange};
use super::movement::Cause;
use super::void::{Void, VoidReason};

/// What can change a line, with what it needs to do so.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'f> {
    Start(Option<&'f ChangeOrder>),
    TrialEnd,
    Renewal(&'f ChangeOrder, Option<&'f OrderEntry>),
    Price(&'f PriceStep, NaiveDate),
    Modify(&'f ChangeOrder, Option<&'f OrderEntry>),
    Reactivation(&'f ChangeOrder),
    Suspension(&'f ChangeOrder),
    End(EndCause<'f>),
}

impl<'f> Step<'f> {
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

    /// What the step is called outside.
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

    fn terms(self) -> Option<&'f TermsChange> {
        match self {
            Self::Renewal(_, entry) | Self::Modify(_, entry) => entry.map(|entry| &entry.terms),
            Self::Price(step, _) => Some(&step.terms),
            Self::Start(_) | Self::TrialEnd | Self::Reactivation(_) | Self::Suspension(_) | Self::End(_) => None,
        }
    }
}

/// A cause on its date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dated<'f> {
    pub on: NaiveDate,
    pub step: Step<'f>,
}

/// A line's life, walked.
#[derive(Debug, Default)]
pub(super) struct Timeline<'f> {
    pub atoms: Vec<Atom<'f>>,
    pub renewals: Vec<RenewalMark<'f>>,
    pub pauses: Vec<Pause<'f>>,
    /// The date on which the line begins to count, and the item that it sells at the end of it.
    pub begins: Option<(NaiveDate, &'f ItemId)>,
    pub voids: Vec<Void>,
}

/// A SUSPENSION that holds.
#[derive(Debug, Clone, Copy)]
struct Suspended<'f> {
    order: &'f ChangeOrder,
    /// Its type is another than IGNORED: the line does not count while it holds.
    put_aside: bool,
    /// It gave a movement of its own, so its REACTIVATION does too.
    announced: bool,
}

/// What there is to know about a line at one moment.
#[derive(Debug, Clone, Copy)]
struct Now<'f> {
    terms: Terms<'f>,
    in_trial: bool,
    suspended: Option<Suspended<'f>>,
    counting: bool,
    ever_counted: bool,
}

impl<'f> Now<'f> {
    fn put_aside(&self) -> bool {
        self.suspended.is_some_and(|suspended| suspended.put_aside)
    }

    /// R2 and R5: the line's own MRR, whether it counts or not.
    fn mrr(&self) -> Result<Money, OutOfRange> {
        if self.in_trial { Ok(Money::ZERO) } else { self.terms.mrr() }
    }

    fn state(&self) -> Result<LineState<'f>, OutOfRange> {
        Ok(LineState { terms: self.terms, counting: self.counting, mrr: self.mrr()? })
    }

    /// What a cause does to terms, trial and suspension; counting is the caller's.
    fn apply(&mut self, step: Step<'f>, modifications: &Modifications<'f>) -> Result<(), VoidReason> {
        match step {
            Step::Start(_) | Step::End(_) => {}
            Step::TrialEnd => self.in_trial = false,
            Step::Renewal(..) | Step::Price(..) | Step::Modify(..) => {
                if let Some(terms) = step.terms() {
                    self.terms.set(terms);
                }
            }
            Step::Reactivation(_) => {
                self.suspended.take().ok_or(VoidReason::NotSuspended)?;
            }
            Step::Suspension(order) => {
                if self.suspended.is_some() {
                    return Err(VoidReason::AlreadySuspended);
                }
                let put_aside = match modifications.of_order(order).map(|label| label.modification_type) {
                    Some(ModificationType::NewOrChurn | ModificationType::UpsellOrDownsell) => true,
                    Some(ModificationType::Ignored) | None => false,
                };
                self.suspended = Some(Suspended { order, put_aside, announced: self.counting && !put_aside });
            }
        }
        Ok(())
    }
}

/// Walks a line through its life.
///
/// # Errors
/// [`OutOfRange`] when an MRR does not fit.
pub(super) fn walk<'f>(
    line_index: usize,
    indexed: &IndexedLine<'f>,
    life: &Life<'f>,
    modifications: &Modifications<'f>,
) -> Result<Timeline<'f>, OutOfRange> {
    let mut timeline = Timeline::default();
    let causes = causes(indexed, life, &mut timeline.voids);
    let mut now = Now {
        terms: first_terms(indexed, life),
        in_trial: indexed.line.trial_end_date.is_some_and(|trial_end| trial_end > life.start),
        suspended: None,
        counting: false,
        ever_counted: false,
    };
    for day in causes.chunk_by(|a, b| a.on == b.on) {
        let begins_with = if now.ever_counted { None } else { beginning(day, now, modifications)? };
        for (position, cause) in day.iter().enumerate() {
            let mut walker = Walker { line_index, indexed, modifications, timeline: &mut timeline };
            walker.take(cause, begins_with == Some(position), &mut now)?;
        }
        if begins_with.is_some()
            && let Some(first) = day.first()
        {
            timeline.begins = Some((first.on, now.terms.item_id));
        }
    }
    Ok(timeline)
}

/// R6: the first cause of the day that leaves the MRR not 0, if the day ends so. A line that the day puts aside (R10)
/// does not begin.
fn beginning<'f>(
    day: &[Dated<'f>],
    mut now: Now<'f>,
    modifications: &Modifications<'f>,
) -> Result<Option<usize>, OutOfRange> {
    let mut first = None;
    for (position, cause) in day.iter().enumerate() {
        if matches!(cause.step, Step::End(_)) {
            return Ok(None);
        }
        // A void cause changes nothing here; it is reported when it is taken.
        let _void = now.apply(cause.step, modifications);
        if first.is_none() && !now.put_aside() && !now.mrr()?.is_zero() {
            first = Some(position);
        }
    }
    Ok(first.filter(|_| !now.put_aside()).filter(|_| now.mrr().is_ok_and(|mrr| !mrr.is_zero())))
}

/// Takes causes one after the other and notes what they give.
struct Walker<'w, 'f> {
    line_index: usize,
    indexed: &'w IndexedLine<'f>,
    modifications: &'w Modifications<'f>,
    timeline: &'w mut Timeline<'f>,
}

impl<'f> Walker<'_, 'f> {
    fn take(&mut self, cause: &Dated<'f>, begins: bool, now: &mut Now<'f>) -> Result<(), OutOfRange> {
        let before = now.state()?;
        let suspended_before = now.suspended;
        if let Err(reason) = now.apply(cause.step, self.modifications) {
            self.void(cause.step, reason);
            return Ok(());
        }
        now.ever_counted |= begins;
        now.counting = match cause.step {
            Step::End(_) => false,
            _ if now.put_aside() => false,
            Step::Reactivation(_) => now.ever_counted,
            _ => now.counting || begins,
        };
        let after = now.state()?;
        if before.differs_from(&after) {
            let authority = match (cause.step, suspended_before) {
                // R10: a reactivation carries the type of its suspension.
                (Step::Reactivation(_), Some(suspended)) => Step::Suspension(suspended.order),
                (step, _) => step,
            };
            let (line, on, step) = (self.line_index, cause.on, cause.step);
            self.timeline.atoms.push(Atom { line, on, step, authority, begins, before, after, link: None });
        }
        self.mark(cause, &before, &after, suspended_before);
        Ok(())
    }

    /// The movements of amount 0: renewals (R9), suspensions and reactivations (R10).
    fn mark(
        &mut self,
        cause: &Dated<'f>,
        before: &LineState<'f>,
        after: &LineState<'f>,
        suspended_before: Option<Suspended<'f>>,
    ) {
        let (line, on, (rank, _)) = (self.line_index, cause.on, cause.step.rank());
        let counts = before.counting && after.counting;
        match cause.step {
            Step::Renewal(order, _) if counts => {
                self.timeline.renewals.push(RenewalMark { line, on, order, before: *before, after: *after });
            }
            Step::Suspension(order) if counts => {
                self.timeline.pauses.push(Pause { line, on, order, rank, state: *after });
            }
            Step::Reactivation(order) if counts && suspended_before.is_some_and(|suspended| suspended.announced) => {
                self.timeline.pauses.push(Pause { line, on, order, rank, state: *after });
            }
            Step::Start(_)
            | Step::TrialEnd
            | Step::Renewal(..)
            | Step::Price(..)
            | Step::Modify(..)
            | Step::Reactivation(_)
            | Step::Suspension(_)
            | Step::End(_) => {}
        }
    }

    fn void(&mut self, step: Step<'f>, reason: VoidReason) {
        if let Step::Reactivation(order) | Step::Suspension(order) = step {
            self.timeline.voids.push(void(order, self.indexed, reason));
        }
    }
}

fn void(order: &ChangeOrder, indexed: &IndexedLine<'_>, reason: VoidReason) -> Void {
    let fact = FactKey::Order(order.change_order_id.clone());
    Void { fact, line_id: Some(indexed.line.line_id.clone()), reason }
}

/// R4: the first step always counts, and with it the steps dated up to the start.
fn first_terms<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>) -> Terms<'f> {
    let mut terms = Terms::new(&indexed.line.item_id);
    for (position, step) in indexed.line.price_steps.iter().enumerate() {
        if position == 0 || step.start_date.is_none_or(|date| date <= life.start) {
            terms.set(&step.terms);
        }
    }
    terms
}

/// The steps that change a line after its start.
fn later_steps<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>) -> impl Iterator<Item = (NaiveDate, &'f PriceStep)> {
    let start = life.start;
    let later = indexed.line.price_steps.iter().skip(1);
    later.filter_map(move |step| Some((step.start_date.filter(|date| *date > start)?, step)))
}

/// Every cause of a line's life, in the order in which they apply (R4). What comes too early or too late is void.
fn causes<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>, voids: &mut Vec<Void>) -> Vec<Dated<'f>> {
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
pub(super) fn item_before<'f>(indexed: &IndexedLine<'f>, life: &Life<'f>, date: NaiveDate) -> &'f ItemId {
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
