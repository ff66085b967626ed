//! A customer's lines over time: everything that changes them, before it is grouped and named.

use crate::domain::classify::atom::{Atom, RenewalMark, SuspensionMark};
use crate::domain::classify::modification::{Modifications, occurs};
use crate::domain::error::{DomainError, InternalError};
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{FactKey, OverrideTarget};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::LineId;
use crate::domain::journal::movement::Cause;
use crate::domain::replay::arena::{Arena, LineIndex, LinkIndex};
use crate::domain::replay::contract::FactIndex;
use crate::domain::replay::in_force::{End, EndCause, Spans, spans};
use crate::domain::replay::line_event::LineEvent;
use crate::domain::replay::line_timeline::LineTimeline;
use crate::domain::replay::renewal_link::{RenewalLink, renewal_links};
use crate::domain::replay::trial::{Trial, trials};

/// The timelines of the lines.
pub(in crate::domain) type LineTimelines<'f> = Arena<LineIndex, LineTimeline<'f>>;

/// The changes of a customer's lines, each list by date and line.
pub(in crate::domain) struct CustomerTimeline<'f> {
    pub index: FactIndex<'f>,
    pub modifications: Modifications<'f>,
    pub links: Arena<LinkIndex, RenewalLink<'f>>,
    pub atoms: Vec<Atom<'f>>,
    pub renewals: Vec<RenewalMark<'f>>,
    pub suspensions: Vec<SuspensionMark<'f>>,
    pub trials: Vec<Trial>,
    pub voids: Vec<Void>,
}

impl<'f> CustomerTimeline<'f> {
    /// # Errors
    /// [`DomainError`] when an MRR does not fit.
    pub fn of(facts: &'f CustomerFacts) -> Result<Self, DomainError> {
        let mut voids = Vec::new();
        let index = FactIndex::of(facts, &mut voids)?;
        let modifications = Modifications::of(facts);
        let mut spans = spans(&index, &mut voids)?;
        let mut timelines = line_timelines(&index, &spans, &modifications)?;
        let mut links = renewal_links(&index, &spans, &timelines)?;
        end_renewed_lines(&index, &links, &modifications, &mut spans, &mut timelines)?;
        mark_links(&index, &mut links, &modifications, &mut timelines)?;
        let trials = trials(&index, &spans)?;
        let mut timeline =
            Self { index, modifications, links, atoms: vec![], renewals: vec![], suspensions: vec![], trials, voids };
        timeline.gather(timelines);
        timeline.check_overrides(facts, &spans)?;
        Ok(timeline)
    }

    /// An event of a line as a cause.
    pub fn cause(&self, event: LineEvent<'f>, line: LineIndex) -> Result<Cause, InternalError> {
        Ok(event.cause(&self.index.lines.get(line)?.line.line_id))
    }

    fn gather(&mut self, timelines: LineTimelines<'f>) {
        for timeline in timelines.into_values() {
            self.atoms.extend(timeline.atoms);
            self.renewals.extend(timeline.renewals);
            self.suspensions.extend(timeline.suspensions);
            self.voids.extend(timeline.voids);
        }
        // Stable: a line's own causes stay in their order (R4).
        self.atoms.sort_by_key(|atom| atom.on);
        self.renewals.sort_by_key(|renewal| renewal.on);
        self.suspensions.sort_by_key(|suspension| suspension.on);
    }

    /// An override whose cause does not occur has no effect.
    fn check_overrides(&mut self, facts: &'f CustomerFacts, spans: &Spans<'f>) -> Result<(), InternalError> {
        use OverrideTarget::{ChangeOrder, LineStart, NaturalEnd, PriceStep, TrialEnd};
        for target in facts.overrides.keys() {
            let found = match target {
                ChangeOrder(order) => facts.orders.get(order).is_some_and(|order| !order.voided),
                LineStart(line) | TrialEnd(line) | NaturalEnd(line) | PriceStep(line, _) => {
                    self.occurs(target, line, spans)?
                }
            };
            if !found {
                let fact = FactKey::Override(target.clone());
                self.voids.push(Void { fact, line_id: None, reason: VoidReason::NoSuchCause });
            }
        }
        Ok(())
    }

    fn occurs(&self, target: &OverrideTarget, line: &LineId, spans: &Spans<'f>) -> Result<bool, InternalError> {
        let Some(line) = self.index.lines.search(|indexed| indexed.line.line_id.cmp(line)) else { return Ok(false) };
        Ok(occurs(target, self.index.lines.get(line)?.line, spans.get(line)?.as_ref()))
    }
}

fn line_timelines<'f>(
    index: &FactIndex<'f>,
    spans: &Spans<'f>,
    modifications: &Modifications<'f>,
) -> Result<LineTimelines<'f>, DomainError> {
    index.lines.try_map(|line, indexed| match spans.get(line)? {
        Some(span) => Ok(LineTimeline::of(line, indexed, span, modifications)?),
        None => Ok(LineTimeline::default()),
    })
}

/// R9: the date on which the link begins becomes the end of the renewed lines.
fn end_renewed_lines<'f>(
    index: &FactIndex<'f>,
    links: &Arena<LinkIndex, RenewalLink<'f>>,
    modifications: &Modifications<'f>,
    spans: &mut Spans<'f>,
    timelines: &mut LineTimelines<'f>,
) -> Result<(), DomainError> {
    for link in links.values() {
        let by = index.subscriptions.get(link.subscription)?.id;
        for &line in &link.renewed {
            let span = spans.get_mut(line)?.as_mut();
            let span = span.ok_or_else(|| InternalError::new("a renewed line that is never in force"))?;
            span.end = Some(End { on: link.on, cause: EndCause::Link(by) });
            *timelines.get_mut(line)? = LineTimeline::of(line, index.lines.get(line)?, span, modifications)?;
        }
    }
    Ok(())
}

/// Ties the beginnings and ends of each renewal by link together, and finds its type.
fn mark_links<'f>(
    index: &FactIndex<'f>,
    links: &mut Arena<LinkIndex, RenewalLink<'f>>,
    modifications: &Modifications<'f>,
    timelines: &mut LineTimelines<'f>,
) -> Result<(), InternalError> {
    for (position, link) in links.iter_mut() {
        for &line in &link.renewed {
            let ends = timelines.get_mut(line)?.atoms.iter_mut();
            for atom in ends.filter(|atom| matches!(atom.event, LineEvent::End(_))) {
                atom.link = Some(position);
            }
        }
        for &line in &link.renewing {
            let own = index.lines.get(line)?.line;
            for atom in timelines.get_mut(line)?.atoms.iter_mut().filter(|atom| atom.begins) {
                atom.link = Some(position);
                if link.label.is_none() {
                    let label = modifications.of_event(atom.authority, own);
                    link.label = label.map(|label| (label, atom.event.cause(&own.line_id)));
                }
            }
        }
    }
    Ok(())
}
