//! The movements of amount 0: renewals (R9), suspensions and reactivations (R10). One for each group at each level;
//! they never leave a group, but for a renewal by link that leaves as a whole (R7).

use std::collections::BTreeMap;

use crate::domain::classify::atom::{Atom, LineState, Position};
use crate::domain::facts::fact::ChangeOrder;
use crate::domain::ids::{ChangeOrderId, Currency, ItemId};
use crate::domain::journal::movement::{Cause, Level};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::replay::customer_timeline::Story;
use crate::domain::replay::day_changes::{Day, Draft, Part};
use crate::domain::replay::line_event::Step;

/// What one movement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope<'f> {
    /// CONTRACT: an order on a line; its item after the order.
    Line(usize, &'f ChangeOrderId, &'f ItemId),
    /// A renewal by link.
    Link(usize),
    /// CUSTOMER.
    Item(Currency, &'f ItemId),
}

/// Lines before and after, and what was done to them.
#[derive(Default)]
struct Together {
    lines: BTreeMap<usize, (Position, Position)>,
    causes: Vec<(u8, Cause)>,
    parts: Vec<Part>,
}

impl Together {
    /// A line that comes twice keeps its first before and takes its last after.
    fn add(&mut self, line: usize, (before, after): (Position, Position), cause: (u8, Cause), part: Part) {
        self.lines.entry(line).or_insert((before, after)).1 = after;
        self.causes.push(cause);
        self.parts.push(part);
    }

    fn sum(&self) -> Result<(Position, Position), OutOfRange> {
        let (mut before, mut after) = (Position::default(), Position::default());
        for (line_before, line_after) in self.lines.values() {
            before = before.plus(*line_before)?;
            after = after.plus(*line_after)?;
        }
        Ok((before, after))
    }
}

/// R9: the RENEWAL movements of a date, each with its renewed MRR.
pub(in crate::domain) fn renewed<'f>(
    story: &Story<'f>,
    day: &Day<'_, 'f>,
    level: Level,
) -> Result<Vec<(Draft<'f>, Money)>, OutOfRange> {
    let mut scopes: BTreeMap<Scope<'f>, Together> = BTreeMap::new();
    for (position, members) in linked_atoms(day) {
        let Some(link) = story.links.get(position) else { continue };
        // Lines that are put aside (R10) have nothing to renew.
        if !members.iter().any(|(_, atom)| !atom.begins && atom.before.counting) {
            continue;
        }
        let leaves = link.label.as_ref().is_some_and(|(label, _)| label.at(level).is_some());
        let scope = match level {
            Level::Customer if !leaves => Scope::Item(link.currency, link.item_id),
            Level::Contract | Level::Customer => Scope::Link(position),
        };
        let together = scopes.entry(scope).or_default();
        for (place, atom) in members {
            if let Some(cause) = story.cause(atom.step, atom.line) {
                let cause = (atom.step.rank().0, cause);
                together.add(atom.line, (atom.before.position(), atom.after.position()), cause, Part::Atom(place));
            }
        }
    }
    for (place, mark) in day.renewals.iter().enumerate() {
        let Some(scope) = scope_of(story, day, level, mark.line, mark.order, &mark.after) else { continue };
        let cause = (Step::Renewal(mark.order, None).rank().0, order_cause(mark.order));
        let positions = (mark.before.position(), mark.after.position());
        scopes.entry(scope).or_default().add(mark.line, positions, cause, Part::Renewal(place));
    }
    let mut drafts = Vec::with_capacity(scopes.len());
    for (scope, together) in scopes {
        let renewed_mrr = together.sum().map(|(before, after)| before.mrr.min(after.mrr))?;
        drafts.extend(draft(story, day, level, scope, together)?.map(|draft| (draft, renewed_mrr)));
    }
    Ok(drafts)
}

/// R10: the IGNORED movements of suspensions and reactivations that change no amount.
pub(in crate::domain) fn paused<'f>(
    story: &Story<'f>,
    day: &Day<'_, 'f>,
    level: Level,
) -> Result<Vec<Draft<'f>>, OutOfRange> {
    let mut scopes: BTreeMap<Scope<'f>, Together> = BTreeMap::new();
    for (place, pause) in day.pauses.iter().enumerate() {
        let Some(scope) = scope_of(story, day, level, pause.line, pause.order, &pause.state) else { continue };
        let cause = (pause.rank, order_cause(pause.order));
        let positions = (pause.state.position(), pause.state.position());
        scopes.entry(scope).or_default().add(pause.line, positions, cause, Part::Pause(place));
    }
    scopes.into_iter().filter_map(|(scope, together)| draft(story, day, level, scope, together).transpose()).collect()
}

/// The group of an order on a line: at CONTRACT level its own, at CUSTOMER level the item's.
fn scope_of<'f>(
    story: &Story<'f>,
    day: &Day<'_, 'f>,
    level: Level,
    line: usize,
    order: &'f ChangeOrder,
    state: &LineState<'f>,
) -> Option<Scope<'f>> {
    let item_id = state.terms.item_id;
    Some(match level {
        Level::Contract => Scope::Line(line, &order.change_order_id, item_id),
        Level::Customer => Scope::Item(story.index.lines.get(line)?.line.currency, item_after(day, line, item_id)),
    })
}

fn draft<'f>(
    story: &Story<'f>,
    day: &Day<'_, 'f>,
    level: Level,
    scope: Scope<'f>,
    together: Together,
) -> Result<Option<Draft<'f>>, OutOfRange> {
    let about = match scope {
        Scope::Line(line, _, item_id) => {
            story.index.lines.get(line).map(|it| (Some(line), it.subscription, item_id, it.line.currency))
        }
        Scope::Link(link) => story.links.get(link).map(|link| (None, link.subscription, link.item_id, link.currency)),
        Scope::Item(currency, item_id) => Some((None, 0, item_id, currency)),
    };
    let (before, _) = together.sum()?;
    Ok(about.map(|(line, subscription, item_id, currency)| Draft {
        level,
        date: day.date,
        line,
        subscription,
        item_id,
        currency,
        before,
        after: before,
        causes: together.causes,
        parts: together.parts,
    }))
}

fn order_cause(order: &ChangeOrder) -> Cause {
    Cause::ChangeOrder(order.change_order_id.clone())
}

/// The atoms of each renewal by link, with their places.
fn linked_atoms<'d, 'f>(day: &'d Day<'_, 'f>) -> BTreeMap<usize, Vec<(usize, &'d Atom<'f>)>> {
    let mut links: BTreeMap<usize, Vec<(usize, &Atom<'f>)>> = BTreeMap::new();
    for (place, atom) in day.atoms.iter().enumerate() {
        if let Some(link) = atom.link {
            links.entry(link).or_default().push((place, atom));
        }
    }
    links
}

/// The item that a line sells after the date.
fn item_after<'f>(day: &Day<'_, 'f>, line: usize, item_id: &'f ItemId) -> &'f ItemId {
    let end = day.atoms.partition_point(|atom| atom.line <= line);
    let last = end.checked_sub(1).and_then(|last| day.atoms.get(last)).filter(|atom| atom.line == line);
    last.map_or(item_id, |atom| atom.after.terms.item_id)
}
