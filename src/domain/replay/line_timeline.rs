//! R5, R6 and R10: a line's life, cause by cause, and the atoms that it gives.

use chrono::NaiveDate;

use crate::domain::classify::atom::{Atom, LineState, Pause, RenewalMark, Terms};
use crate::domain::classify::modification::Modifications;
use crate::domain::facts::fact::{ChangeOrder, ModificationType};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::ItemId;
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::causes::{causes, first_terms, void};
use crate::domain::replay::contract::IndexedLine;
use crate::domain::replay::in_force::Life;
use crate::domain::replay::line_event::{Dated, Step};

/// A line's life, walked.
#[derive(Debug, Default)]
pub(in crate::domain) struct Timeline<'f> {
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
pub(in crate::domain) fn walk<'f>(
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
