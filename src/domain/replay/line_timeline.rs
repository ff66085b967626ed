//! R5, R6 and R10: a line from its start to its end, cause by cause, and the atoms that it gives.

use chrono::NaiveDate;

use crate::domain::classify::atom::{Atom, LineState, RenewalMark, SuspensionMark, Terms};
use crate::domain::classify::modification::Modifications;
use crate::domain::facts::fact::{ChangeOrder, ModificationType};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::ItemId;
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::arena::LineIndex;
use crate::domain::replay::causes::{causes, first_terms, void};
use crate::domain::replay::contract::IndexedLine;
use crate::domain::replay::in_force::InForce;
use crate::domain::replay::line_event::{DatedEvent, LineEvent};
use crate::domain::runs::runs;

/// The changes of a line over time.
#[derive(Debug, Default)]
pub(in crate::domain) struct LineTimeline<'f> {
    pub atoms: Vec<Atom<'f>>,
    pub renewals: Vec<RenewalMark<'f>>,
    pub suspensions: Vec<SuspensionMark<'f>>,
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

/// A line between two causes.
#[derive(Debug, Clone, Copy)]
struct CurrentLine<'f> {
    terms: Terms<'f>,
    in_trial: bool,
    suspended: Option<Suspended<'f>>,
    counting: bool,
    ever_counted: bool,
}

impl<'f> CurrentLine<'f> {
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

    /// Applies a cause to terms, trial and suspension; counting is the caller's.
    fn apply(&mut self, event: LineEvent<'f>, modifications: &Modifications<'f>) -> Result<(), VoidReason> {
        match event {
            LineEvent::Start(_) | LineEvent::End(_) => {}
            LineEvent::TrialEnd => self.in_trial = false,
            LineEvent::Renewal(..) | LineEvent::Price(..) | LineEvent::Modify(..) => {
                if let Some(terms) = event.terms() {
                    self.terms.set(terms);
                }
            }
            LineEvent::Reactivation(_) => {
                self.suspended.take().ok_or(VoidReason::NotSuspended)?;
            }
            LineEvent::Suspension(order) => {
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

impl<'f> LineTimeline<'f> {
    /// Applies the causes of a line, one after the other.
    ///
    /// # Errors
    /// [`OutOfRange`] when an MRR does not fit.
    pub fn of(
        line: LineIndex,
        indexed: &IndexedLine<'f>,
        span: &InForce<'f>,
        modifications: &Modifications<'f>,
    ) -> Result<Self, OutOfRange> {
        let mut timeline = Self::default();
        let causes = causes(indexed, span, &mut timeline.voids);
        let mut now = CurrentLine {
            terms: first_terms(indexed, span),
            in_trial: indexed.line.trial_end_date.is_some_and(|trial_end| trial_end > span.start),
            suspended: None,
            counting: false,
            ever_counted: false,
        };
        for (first, of_date) in runs(&causes, |cause| cause.on) {
            let begins_with = if now.ever_counted { None } else { beginning(of_date, now, modifications)? };
            for (position, cause) in of_date.iter().enumerate() {
                let mut builder = TimelineBuilder { line, indexed, modifications, timeline: &mut timeline };
                builder.take(cause, begins_with == Some(position), &mut now)?;
            }
            if begins_with.is_some() {
                timeline.begins = Some((first.on, now.terms.item_id));
            }
        }
        Ok(timeline)
    }
}

/// R6: the place of the first cause of the date that leaves the MRR not 0, if the date ends so. A line that the date puts
/// aside (R10) does not begin.
fn beginning<'f>(
    of_date: &[DatedEvent<'f>],
    mut now: CurrentLine<'f>,
    modifications: &Modifications<'f>,
) -> Result<Option<usize>, OutOfRange> {
    let mut first = None;
    for (position, cause) in of_date.iter().enumerate() {
        if matches!(cause.event, LineEvent::End(_)) {
            return Ok(None);
        }
        // A void cause changes nothing here; it is reported when it is taken.
        let _void = now.apply(cause.event, modifications);
        if first.is_none() && !now.put_aside() && !now.mrr()?.is_zero() {
            first = Some(position);
        }
    }
    if now.put_aside() || now.mrr()?.is_zero() { Ok(None) } else { Ok(first) }
}

/// Adds what one cause after the other gives.
struct TimelineBuilder<'t, 'f> {
    line: LineIndex,
    indexed: &'t IndexedLine<'f>,
    modifications: &'t Modifications<'f>,
    timeline: &'t mut LineTimeline<'f>,
}

impl<'f> TimelineBuilder<'_, 'f> {
    fn take(&mut self, cause: &DatedEvent<'f>, begins: bool, now: &mut CurrentLine<'f>) -> Result<(), OutOfRange> {
        let before = now.state()?;
        let suspended_before = now.suspended;
        if let Err(reason) = now.apply(cause.event, self.modifications) {
            self.void(cause.event, reason);
            return Ok(());
        }
        now.ever_counted |= begins;
        now.counting = match cause.event {
            LineEvent::End(_) => false,
            _ if now.put_aside() => false,
            LineEvent::Reactivation(_) => now.ever_counted,
            _ => now.counting || begins,
        };
        let after = now.state()?;
        if before.differs_from(&after) {
            let authority = match (cause.event, suspended_before) {
                // R10: a reactivation carries the type of its suspension.
                (LineEvent::Reactivation(_), Some(suspended)) => LineEvent::Suspension(suspended.order),
                (event, _) => event,
            };
            let (line, on, event) = (self.line, cause.on, cause.event);
            self.timeline.atoms.push(Atom { line, on, event, authority, begins, before, after, link: None });
        }
        self.mark(cause, &before, &after, suspended_before);
        Ok(())
    }

    /// The movements of amount 0: renewals (R9), suspensions and reactivations (R10).
    fn mark(
        &mut self,
        cause: &DatedEvent<'f>,
        before: &LineState<'f>,
        after: &LineState<'f>,
        suspended_before: Option<Suspended<'f>>,
    ) {
        let (line, on, (rank, _)) = (self.line, cause.on, cause.event.rank());
        let counts = before.counting && after.counting;
        match cause.event {
            LineEvent::Renewal(order, _) if counts => {
                self.timeline.renewals.push(RenewalMark { line, on, order, before: *before, after: *after });
            }
            LineEvent::Suspension(order) if counts => {
                self.timeline.suspensions.push(SuspensionMark { line, on, order, rank, state: *after });
            }
            LineEvent::Reactivation(order) if counts && suspended_before.is_some_and(|it| it.announced) => {
                self.timeline.suspensions.push(SuspensionMark { line, on, order, rank, state: *after });
            }
            LineEvent::Start(_)
            | LineEvent::TrialEnd
            | LineEvent::Renewal(..)
            | LineEvent::Price(..)
            | LineEvent::Modify(..)
            | LineEvent::Reactivation(_)
            | LineEvent::Suspension(_)
            | LineEvent::End(_) => {}
        }
    }

    fn void(&mut self, event: LineEvent<'f>, reason: VoidReason) {
        if let LineEvent::Reactivation(order) | LineEvent::Suspension(order) = event {
            self.timeline.voids.push(void(order, self.indexed, reason));
        }
    }
}
