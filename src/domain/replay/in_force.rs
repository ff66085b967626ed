//! R3: the span in which a line is in force; R9: the lines that a RENEWAL order covers.

use chrono::NaiveDate;

use crate::domain::error::InternalError;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, FactKey, OrderEntry, SubscriptionLine};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::SubscriptionId;
use crate::domain::replay::arena::{Arena, LineIndex};
use crate::domain::replay::contract::{FactIndex, LineOrder, Subscription};

/// The cause of a line's end.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) enum EndCause<'f> {
    Termination(&'f ChangeOrder),
    Natural,
    /// A line of this subscription took it over (R9).
    Link(&'f SubscriptionId),
}

/// The first date without the line.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct End<'f> {
    pub on: NaiveDate,
    pub cause: EndCause<'f>,
}

/// The span in which a line is in force.
#[derive(Debug)]
pub(in crate::domain) struct InForce<'f> {
    pub start: NaiveDate,
    /// The ACTIVATION that is the cause of the start.
    pub activation: Option<&'f ChangeOrder>,
    /// The RENEWAL orders that cover the line, by date and id.
    pub renewals: Vec<LineOrder<'f>>,
    /// None: evergreen.
    pub end: Option<End<'f>>,
}

impl InForce<'_> {
    pub fn is_over_by(&self, date: NaiveDate) -> bool {
        self.end.is_some_and(|end| end.on <= date)
    }
}

/// The span of each line; None for a line that is never in force.
pub(in crate::domain) type Spans<'f> = Arena<LineIndex, Option<InForce<'f>>>;

/// A span whose end is not settled yet.
struct OpenSpan<'f> {
    start: NaiveDate,
    activation: Option<&'f ChangeOrder>,
    renewals: Vec<LineOrder<'f>>,
    natural_end: Option<NaiveDate>,
    termination: Option<&'f ChangeOrder>,
}

type OpenSpans<'f> = Arena<LineIndex, Option<OpenSpan<'f>>>;

impl<'f> OpenSpan<'f> {
    fn terminated_by(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.termination.map(ChangeOrder::acts_on).filter(|terminated_on| *terminated_on <= date)
    }

    fn in_force_on_the_day_before(&self, date: NaiveDate) -> bool {
        let terminated_before = self.termination.is_some_and(|order| order.acts_on() < date);
        self.start < date && self.natural_end.is_none_or(|end| end >= date) && !terminated_before
    }

    /// The natural end, where the line came to it before the date.
    fn ended_naturally_before(&self, date: NaiveDate) -> Option<NaiveDate> {
        let end = self.natural_end.filter(|end| *end < date && self.start < date)?;
        self.terminated_by(end).is_none().then_some(end)
    }

    /// R3, end: the earlier of the natural end and the first TERMINATION that is not after it.
    fn settle(self) -> InForce<'f> {
        let termination = self.termination.filter(|order| self.natural_end.is_none_or(|end| order.acts_on() <= end));
        let end = match (termination, self.natural_end) {
            (Some(order), _) => Some(End { on: order.acts_on(), cause: EndCause::Termination(order) }),
            (None, Some(on)) => Some(End { on, cause: EndCause::Natural }),
            (None, None) => None,
        };
        InForce { start: self.start, activation: self.activation, renewals: self.renewals, end }
    }
}

/// The spans in which the lines are in force.
///
/// # Errors
/// [`InternalError`] for an index of another customer.
pub(in crate::domain) fn spans<'f>(index: &FactIndex<'f>, voids: &mut Vec<Void>) -> Result<Spans<'f>, InternalError> {
    let mut spans = index.lines.map(|_, indexed| begin(indexed.line, &indexed.orders, voids));
    for subscription in index.subscriptions.values() {
        for renewal in &subscription.renewals {
            renew(renewal, subscription, index, &mut spans, voids)?;
        }
    }
    Ok(spans.into_map(|span| span.map(OpenSpan::settle)))
}

/// R3, start: by itself, or by the first ACTIVATION when the line is pending.
fn begin<'f>(line: &'f SubscriptionLine, orders: &[LineOrder<'f>], voids: &mut Vec<Void>) -> Option<OpenSpan<'f>> {
    let of_type = |wanted| move |order: &&LineOrder<'f>| order.order.order_type == wanted;
    let mut never = |reason| {
        voids.push(Void { fact: FactKey::Line(line.line_id.clone()), line_id: None, reason });
        // What cancels the line has done so; every other order comes to nothing on it.
        let cancels = |order: &ChangeOrder| {
            matches!(reason, VoidReason::Cancelled { terminated_on }
            if order.order_type == ChangeOrderType::Termination && order.acts_on() == terminated_on)
        };
        for order in orders.iter().map(|order| order.order).filter(|order| !cancels(order)) {
            let fact = FactKey::Order(order.change_order_id.clone());
            voids.push(Void { fact, line_id: Some(line.line_id.clone()), reason });
        }
        None
    };
    let mut activations = orders.iter().filter(of_type(ChangeOrderType::Activation)).map(|order| order.order);
    let (start, activation) = if line.pending_activation {
        let Some(first) = activations.next() else { return never(VoidReason::NeverActivated) };
        if let Some(end) = line.end_date.filter(|end| *end <= first.acts_on()) {
            return never(VoidReason::ActivatedAfterEnd { end });
        }
        (first.acts_on(), Some(first))
    } else {
        (line.start_date, activations.find(|order| order.acts_on() == line.start_date))
    };
    let termination = orders.iter().find(of_type(ChangeOrderType::Termination)).map(|order| order.order);
    if let Some(terminated_on) = termination.map(ChangeOrder::acts_on).filter(|date| *date <= start) {
        return never(VoidReason::Cancelled { terminated_on });
    }
    Some(OpenSpan { start, activation, renewals: vec![], natural_end: line.end_date, termination })
}

/// R9, by order: moves the natural end of the lines that the RENEWAL covers.
fn renew<'f>(
    renewal: &'f ChangeOrder,
    subscription: &Subscription<'f>,
    index: &FactIndex<'f>,
    spans: &mut OpenSpans<'f>,
    voids: &mut Vec<Void>,
) -> Result<(), InternalError> {
    let date = renewal.acts_on();
    let fact = || FactKey::Order(renewal.change_order_id.clone());
    let covered = covered_lines(renewal, subscription, index, spans)?;
    if covered.is_empty() {
        voids.push(Void { fact: fact(), line_id: None, reason: VoidReason::RenewsNothing });
    }
    for (line, entry) in covered {
        let span = spans.get_mut(line)?.as_mut();
        let span = span.ok_or_else(|| InternalError::new("a RENEWAL covers a line that is never in force"))?;
        let not_after = span.natural_end.map_or(date, |end| end.max(date));
        let void = if let Some(terminated_on) = span.terminated_by(date) {
            Some(VoidReason::TerminatedBeforeRenewal { terminated_on })
        } else if renewal.renewal_end_date.is_some_and(|new_end| new_end <= not_after) {
            Some(VoidReason::RenewalEndTooEarly { not_after })
        } else {
            None
        };
        if let Some(reason) = void {
            let line_id = index.lines.get(line)?.line.line_id.clone();
            voids.push(Void { fact: fact(), line_id: Some(line_id), reason });
            continue;
        }
        span.natural_end = renewal.renewal_end_date;
        span.renewals.push(LineOrder { order: renewal, entry });
    }
    Ok(())
}

type CoveredLine<'f> = (LineIndex, Option<&'f OrderEntry>);

/// The lines that a RENEWAL is about: those of its entries that have started, else those in force on the day before,
/// else those that ended naturally last.
fn covered_lines<'f>(
    renewal: &'f ChangeOrder,
    subscription: &Subscription<'f>,
    index: &FactIndex<'f>,
    spans: &OpenSpans<'f>,
) -> Result<Vec<CoveredLine<'f>>, InternalError> {
    let date = renewal.acts_on();
    let mut known: Vec<(LineIndex, &OpenSpan<'f>)> = Vec::with_capacity(subscription.lines.len());
    for &line in &subscription.lines {
        known.extend(spans.get(line)?.as_ref().map(|span| (line, span)));
    }
    if !renewal.entries.is_empty() {
        let mut covered = Vec::new();
        for (line, _) in known.into_iter().filter(|(_, span)| span.start <= date) {
            let entry = renewal.entry(&index.lines.get(line)?.line.line_id);
            covered.extend(entry.map(|entry| (line, Some(entry))));
        }
        return Ok(covered);
    }
    let lines_where = |covers: &dyn Fn(&OpenSpan<'f>) -> bool| -> Vec<CoveredLine<'f>> {
        known.iter().filter(|(_, span)| covers(span)).map(|(line, _)| (*line, None)).collect()
    };
    let in_force = lines_where(&|span| span.in_force_on_the_day_before(date));
    if !in_force.is_empty() {
        return Ok(in_force);
    }
    let last = known.iter().filter_map(|(_, span)| span.ended_naturally_before(date)).max();
    Ok(lines_where(&|span| last.is_some() && span.ended_naturally_before(date) == last))
}
