//! The movements of amount 0: renewals (R9), suspensions and reactivations (R10). One for each group at each level;
//! they never leave a group, but for a renewal by link that leaves as a whole (R7).

use std::collections::BTreeMap;

use crate::domain::classify::atom::{Atom, LineState, Position};
use crate::domain::error::{DomainError, InternalError};
use crate::domain::facts::fact::ChangeOrder;
use crate::domain::ids::{ChangeOrderId, Currency, ItemId};
use crate::domain::journal::movement::{Cause, Level};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::arena::{LineIndex, LinkIndex};
use crate::domain::replay::customer_timeline::CustomerTimeline;
use crate::domain::replay::day_changes::{Component, DayChanges, MovementDraft};
use crate::domain::replay::line_event::LineEvent;

/// The group of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum GroupKey<'f> {
    /// CONTRACT: an order on a line; its item after the order.
    Line(LineIndex, &'f ChangeOrderId, &'f ItemId),
    /// A renewal by link.
    Link(LinkIndex),
    /// CUSTOMER.
    Item(Currency, &'f ItemId),
}

/// Lines before and after, and the changes between.
#[derive(Default)]
struct ZeroGroup<'s, 'f> {
    lines: BTreeMap<LineIndex, (Position, Position)>,
    causes: Vec<(u8, Cause)>,
    components: Vec<Component<'s, 'f>>,
}

type ZeroGroups<'s, 'f> = BTreeMap<GroupKey<'f>, ZeroGroup<'s, 'f>>;

impl<'s, 'f> ZeroGroup<'s, 'f> {
    /// A line that comes twice keeps its first before and takes its last after.
    fn add(
        &mut self,
        line: LineIndex,
        (before, after): (Position, Position),
        cause: (u8, Cause),
        component: Component<'s, 'f>,
    ) {
        self.lines.entry(line).or_insert((before, after)).1 = after;
        self.causes.push(cause);
        self.components.push(component);
    }

    fn sum(&self) -> Result<(Position, Position), OutOfRange> {
        let (mut before, mut after) = (Position::NONE, Position::NONE);
        for (line_before, line_after) in self.lines.values() {
            before = before.plus(*line_before)?;
            after = after.plus(*line_after)?;
        }
        Ok((before, after))
    }
}

/// R9: the RENEWAL movements of a date, each with its renewed MRR.
///
/// # Errors
/// [`DomainError`] when a sum does not fit.
pub(in crate::domain) fn renewals<'s, 'f>(
    timeline: &CustomerTimeline<'f>,
    day: &DayChanges<'s, 'f>,
    level: Level,
) -> Result<Vec<(MovementDraft<'s, 'f>, Money)>, DomainError> {
    let mut groups = ZeroGroups::new();
    for (index, atoms) in linked_atoms(day) {
        let link = timeline.links.get(index)?;
        // Lines that are put aside (R10) have nothing to renew.
        if !atoms.iter().any(|atom| !atom.begins && atom.before.counting) {
            continue;
        }
        let leaves = link.label.as_ref().is_some_and(|(label, _)| label.at(level).is_some());
        let key = match level {
            Level::Customer if !leaves => GroupKey::Item(link.currency, link.item_id),
            Level::Contract | Level::Customer => GroupKey::Link(index),
        };
        let group = groups.entry(key).or_default();
        for atom in atoms {
            let cause = (atom.event.rank().0, timeline.cause(atom.event, atom.line)?);
            group.add(atom.line, (atom.before.position(), atom.after.position()), cause, Component::Atom(atom));
        }
    }
    for mark in day.renewals {
        let key = group_key(timeline, day, level, mark.line, mark.order, &mark.after)?;
        let cause = (LineEvent::Renewal(mark.order, None).rank().0, order_cause(mark.order));
        let positions = (mark.before.position(), mark.after.position());
        groups.entry(key).or_default().add(mark.line, positions, cause, Component::Renewal(mark));
    }
    let mut drafts = Vec::with_capacity(groups.len());
    for (key, group) in groups {
        let renewed_mrr = group.sum().map(|(before, after)| before.mrr.min(after.mrr))?;
        drafts.push((draft(timeline, day, level, key, group)?, renewed_mrr));
    }
    Ok(drafts)
}

/// R10: the IGNORED movements of suspensions and reactivations that change no amount.
///
/// # Errors
/// [`DomainError`] when a sum does not fit.
pub(in crate::domain) fn suspensions<'s, 'f>(
    timeline: &CustomerTimeline<'f>,
    day: &DayChanges<'s, 'f>,
    level: Level,
) -> Result<Vec<MovementDraft<'s, 'f>>, DomainError> {
    let mut groups = ZeroGroups::new();
    for mark in day.suspensions {
        let key = group_key(timeline, day, level, mark.line, mark.order, &mark.state)?;
        let cause = (mark.rank, order_cause(mark.order));
        let positions = (mark.state.position(), mark.state.position());
        groups.entry(key).or_default().add(mark.line, positions, cause, Component::Suspension(mark));
    }
    groups.into_iter().map(|(key, group)| draft(timeline, day, level, key, group)).collect()
}

/// The group of an order on a line: at CONTRACT level its own, at CUSTOMER level the item's.
fn group_key<'f>(
    timeline: &CustomerTimeline<'f>,
    day: &DayChanges<'_, 'f>,
    level: Level,
    line: LineIndex,
    order: &'f ChangeOrder,
    state: &LineState<'f>,
) -> Result<GroupKey<'f>, InternalError> {
    let item_id = state.terms.item_id;
    Ok(match level {
        Level::Contract => GroupKey::Line(line, &order.change_order_id, item_id),
        Level::Customer => GroupKey::Item(timeline.index.lines.get(line)?.line.currency, day.item_after(line, item_id)),
    })
}

fn draft<'s, 'f>(
    timeline: &CustomerTimeline<'f>,
    day: &DayChanges<'s, 'f>,
    level: Level,
    key: GroupKey<'f>,
    group: ZeroGroup<'s, 'f>,
) -> Result<MovementDraft<'s, 'f>, DomainError> {
    let (line, subscription, item_id, currency) = match key {
        GroupKey::Line(line, _, item_id) => {
            let indexed = timeline.index.lines.get(line)?;
            (Some(line), Some(indexed.subscription), item_id, indexed.line.currency)
        }
        GroupKey::Link(link) => {
            let link = timeline.links.get(link)?;
            (None, Some(link.subscription), link.item_id, link.currency)
        }
        GroupKey::Item(currency, item_id) => (None, None, item_id, currency),
    };
    let (before, _) = group.sum()?;
    Ok(MovementDraft {
        level,
        date: day.date,
        line,
        subscription,
        item_id,
        currency,
        before,
        after: before,
        causes: group.causes,
        components: group.components,
    })
}

fn order_cause(order: &ChangeOrder) -> Cause {
    Cause::ChangeOrder(order.change_order_id.clone())
}

/// The atoms of each renewal by link.
fn linked_atoms<'s, 'f>(day: &DayChanges<'s, 'f>) -> BTreeMap<LinkIndex, Vec<&'s Atom<'f>>> {
    let mut links: BTreeMap<LinkIndex, Vec<&Atom<'f>>> = BTreeMap::new();
    for atom in day.atoms.values() {
        if let Some(link) = atom.link {
            links.entry(link).or_default().push(atom);
        }
    }
    links
}
