//! R3: from when to when a line is in force; R9: which lines a RENEWAL order covers.

use chrono::NaiveDate;

use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, FactKey, SubscriptionLine};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::SubscriptionId;
use crate::domain::replay::contract::{Index, LineOrder, Subscription};

/// Why a line ends.
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
pub(in crate::domain) struct Life<'f> {
    pub start: NaiveDate,
    /// The ACTIVATION that is the cause of the start.
    pub activation: Option<&'f ChangeOrder>,
    /// The RENEWAL orders that cover the line, by date and id.
    pub renewals: Vec<LineOrder<'f>>,
    /// None: evergreen.
    pub end: Option<End<'f>>,
}

impl Life<'_> {
    pub fn is_over_by(&self, date: NaiveDate) -> bool {
        self.end.is_some_and(|end| end.on <= date)
    }
}

/// A life whose end is not settled yet.
struct Draft<'f> {
    life: Life<'f>,
    natural_end: Option<NaiveDate>,
    termination: Option<&'f ChangeOrder>,
}

impl Draft<'_> {
    fn terminated_by(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.termination.map(ChangeOrder::acts_on).filter(|terminated_on| *terminated_on <= date)
    }

    fn in_force_on_the_day_before(&self, date: NaiveDate) -> bool {
        let terminated_before = self.termination.is_some_and(|order| order.acts_on() < date);
        self.life.start < date && self.natural_end.is_none_or(|end| end >= date) && !terminated_before
    }

    /// The natural end, where the line came to it before the date.
    fn ended_naturally_before(&self, date: NaiveDate) -> Option<NaiveDate> {
        let end = self.natural_end.filter(|end| *end < date && self.life.start < date)?;
        self.terminated_by(end).is_none().then_some(end)
    }
}

/// The lives of all lines, by the index of the line; None for a line that is never in force.
pub(in crate::domain) fn lives<'f>(index: &Index<'f>, voids: &mut Vec<Void>) -> Vec<Option<Life<'f>>> {
    let mut drafts: Vec<Option<Draft<'f>>> =
        index.lines.iter().map(|indexed| begin(indexed.line, &indexed.orders, voids)).collect();
    for subscription in &index.subscriptions {
        for renewal in &subscription.renewals {
            renew(renewal, subscription, index, &mut drafts, voids);
        }
    }
    drafts.into_iter().map(|draft| draft.map(settle)).collect()
}

/// R3, start: by itself, or by the first ACTIVATION when the line is pending.
fn begin<'f>(line: &'f SubscriptionLine, orders: &[LineOrder<'f>], voids: &mut Vec<Void>) -> Option<Draft<'f>> {
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
    let life = Life { start, activation, renewals: vec![], end: None };
    Some(Draft { life, natural_end: line.end_date, termination })
}

/// R9, by order: moves the natural end of the lines that the RENEWAL covers.
fn renew<'f>(
    renewal: &'f ChangeOrder,
    subscription: &Subscription<'f>,
    index: &Index<'f>,
    drafts: &mut [Option<Draft<'f>>],
    voids: &mut Vec<Void>,
) {
    let date = renewal.acts_on();
    let chosen = covered_lines(renewal, subscription, index, drafts);
    let mut void = |line: Option<usize>, reason| {
        let line_id = line.and_then(|line| index.lines.get(line)).map(|indexed| indexed.line.line_id.clone());
        voids.push(Void { fact: FactKey::Order(renewal.change_order_id.clone()), line_id, reason });
    };
    if chosen.is_empty() {
        return void(None, VoidReason::RenewsNothing);
    }
    for (line, entry) in chosen {
        let Some(draft) = drafts.get_mut(line).and_then(Option::as_mut) else { continue };
        if let Some(terminated_on) = draft.terminated_by(date) {
            void(Some(line), VoidReason::TerminatedBeforeRenewal { terminated_on });
            continue;
        }
        let not_after = draft.natural_end.map_or(date, |end| end.max(date));
        if renewal.renewal_end_date.is_some_and(|new_end| new_end <= not_after) {
            void(Some(line), VoidReason::RenewalEndTooEarly { not_after });
            continue;
        }
        draft.natural_end = renewal.renewal_end_date;
        draft.life.renewals.push(LineOrder { order: renewal, entry });
    }
}

/// The lines that a RENEWAL is about: those of its entries that have started, else those in force on the day before,
/// else those that ended naturally last.
fn covered_lines<'f>(
    renewal: &'f ChangeOrder,
    subscription: &Subscription<'f>,
    index: &Index<'f>,
    drafts: &[Option<Draft<'f>>],
) -> Vec<(usize, Option<&'f crate::domain::facts::fact::OrderEntry>)> {
    let date = renewal.acts_on();
    let living = || subscription.lines.iter().filter_map(|&line| Some((line, drafts.get(line)?.as_ref()?)));
    if !renewal.entries.is_empty() {
        return living()
            .filter(|(_, draft)| draft.life.start <= date)
            .filter_map(|(line, _)| Some((line, Some(renewal.entry(&index.lines.get(line)?.line.line_id)?))))
            .collect();
    }
    let in_force: Vec<_> =
        living().filter(|(_, draft)| draft.in_force_on_the_day_before(date)).map(|(line, _)| (line, None)).collect();
    if !in_force.is_empty() {
        return in_force;
    }
    let last = living().filter_map(|(_, draft)| draft.ended_naturally_before(date)).max();
    living()
        .filter(|(_, draft)| last.is_some() && draft.ended_naturally_before(date) == last)
        .map(|(line, _)| (line, None))
        .collect()
}

/// R3, end: the earlier of the natural end and the first TERMINATION that is not after it.
fn settle(draft: Draft<'_>) -> Life<'_> {
    let termination = draft.termination.filter(|order| draft.natural_end.is_none_or(|end| order.acts_on() <= end));
    let end = match (termination, draft.natural_end) {
        (Some(order), _) => Some(End { on: order.acts_on(), cause: EndCause::Termination(order) }),
        (None, Some(on)) => Some(End { on, cause: EndCause::Natural }),
        (None, None) => None,
    };
    Life { end, ..draft.life }
}
