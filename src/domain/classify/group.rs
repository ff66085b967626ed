//! R7: the atoms of one date, grouped for each level.

use std::collections::BTreeMap;

use crate::domain::classify::atom::{Atom, Position};
use crate::domain::classify::modification::Label;
use crate::domain::error::{DomainError, InternalError};
use crate::domain::facts::fact::{ModificationType, Override};
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::{Cause, Level, Subcategory};
use crate::domain::money::OutOfRange;
use crate::domain::replay::arena::{AtomIndex, LineIndex, LinkIndex, Slice, SubscriptionIndex};
use crate::domain::replay::contract::ContractIndex;
use crate::domain::replay::customer_timeline::CustomerTimeline;

/// Atoms that make one movement.
#[derive(Debug)]
pub(in crate::domain) struct Group<'s, 'f> {
    pub item_id: &'f ItemId,
    pub currency: Currency,
    /// The line, where the group has only one (CONTRACT, and groups that left).
    pub line: Option<LineIndex>,
    /// None for all of a customer's lines of an item.
    pub contract: Option<ContractIndex>,
    pub subscription: Option<SubscriptionIndex>,
    pub link: Option<LinkIndex>,
    pub before: Position,
    pub after: Position,
    pub atoms: Vec<Member<'s, 'f>>,
    pub label: Option<GroupLabel<'f>>,
}

/// An atom of a group, under its index among the atoms of the date.
pub(in crate::domain) type Member<'s, 'f> = (AtomIndex, &'s Atom<'f>);

/// The type that holds for a group at its level (R13).
#[derive(Debug, Clone)]
pub(in crate::domain) struct GroupLabel<'f> {
    pub modification_type: ModificationType,
    pub subcategory: Option<Subcategory>,
    /// The override that set it; None: the order itself.
    pub over: Option<&'f Override>,
    /// The cause that brings it.
    pub cause: Cause,
}

impl<'f> GroupLabel<'f> {
    fn new(label: &Label<'f>, modification_type: ModificationType, cause: Cause) -> Self {
        Self { modification_type, subcategory: label.subcategory, over: label.over, cause }
    }
}

/// The lines of each item of the customer together, as of the end of the day before.
#[derive(Debug, Default)]
pub(in crate::domain) struct ItemPositions<'f>(BTreeMap<(Currency, &'f ItemId), Position>);

impl<'f> ItemPositions<'f> {
    pub fn get(&self, key: (Currency, &'f ItemId)) -> Position {
        // An item that no line has sold yet is no gap in the map: it has no lines.
        self.0.get(&key).copied().unwrap_or(Position::NONE)
    }

    pub fn add(&mut self, key: (Currency, &'f ItemId), change: Position) -> Result<(), OutOfRange> {
        let item = self.0.entry(key).or_insert(Position::NONE);
        *item = item.plus(change)?;
        Ok(())
    }

    /// True if a line sells the item.
    pub fn is_held(&self, currency: Currency, item_id: &ItemId) -> bool {
        let positions: &BTreeMap<(Currency, &ItemId), Position> = &self.0;
        positions.get(&(currency, item_id)).is_some_and(|position| position.lines > 0)
    }

    /// The item with the most MRR, of those that lines sell: in a currency, or in whichever.
    pub fn largest(&self, currency: Option<Currency>) -> Option<&'f ItemId> {
        let is_meant = |of: Currency| currency.is_none_or(|currency| currency == of);
        let held = self.0.iter().filter(|((of, _), position)| is_meant(*of) && position.lines > 0);
        // Of equals the first by id.
        held.rev().max_by_key(|(_, position)| position.mrr).map(|((_, item_id), _)| *item_id)
    }

    /// A line that now sells another item takes what it counted before along.
    pub fn carry(
        &mut self,
        from: (Currency, &'f ItemId),
        to: (Currency, &'f ItemId),
        position: Position,
    ) -> Result<(), OutOfRange> {
        if from == to || position == Position::NONE {
            return Ok(());
        }
        self.add(from, Position::NONE.minus(position)?)?;
        self.add(to, position)
    }
}

impl<'f> CustomerTimeline<'f> {
    /// CONTRACT: one group for each (cause, line); a renewal by link is one group.
    pub fn contract_groups<'s>(
        &self,
        atoms: Slice<'s, AtomIndex, Atom<'f>>,
    ) -> Result<Vec<Group<'s, 'f>>, DomainError> {
        let mut groups = Vec::with_capacity(atoms.values().len());
        let mut linked: BTreeMap<LinkIndex, Vec<Member<'s, 'f>>> = BTreeMap::new();
        for member in atoms.iter() {
            match member.1.link {
                Some(link) => linked.entry(link).or_default().push(member),
                None => groups.push(self.single(member, self.label(member.1, Level::Contract)?)?),
            }
        }
        for (link, members) in linked {
            groups.push(self.linked(link, members, Level::Contract)?);
        }
        Ok(groups)
    }

    /// CUSTOMER: one group for each (currency, item); what is relabelled at this level leaves.
    ///
    /// `items` is the end of the day before, each line with the item that it sells after the date.
    pub fn customer_groups<'s>(
        &self,
        atoms: Slice<'s, AtomIndex, Atom<'f>>,
        items: &ItemPositions<'f>,
    ) -> Result<Vec<Group<'s, 'f>>, DomainError> {
        let mut staying: BTreeMap<(Currency, &'f ItemId), Vec<Member<'s, 'f>>> = BTreeMap::new();
        let mut linked: BTreeMap<LinkIndex, Vec<Member<'s, 'f>>> = BTreeMap::new();
        let mut groups = Vec::new();
        let mut item_after = None;
        for member in atoms.iter().rev() {
            let (_, atom) = member;
            // Backwards, so that the first atom seen of a line is its last: it has the item sold after the date.
            let item_id = match item_after {
                Some((line, item_id)) if line == atom.line => item_id,
                _ => atom.after.terms.item_id,
            };
            item_after = Some((atom.line, item_id));
            let label = match atom.link {
                Some(link) => self.link_label(link, Level::Customer)?,
                None => self.label(atom, Level::Customer)?,
            };
            match (atom.link, label) {
                (Some(link), Some(_)) => linked.entry(link).or_default().push(member),
                (None, Some(label)) => groups.push(self.single(member, Some(label))?),
                (Some(_) | None, None) => {
                    let currency = self.index.lines.get(atom.line)?.line.currency;
                    staying.entry((currency, item_id)).or_default().push(member);
                }
            }
        }
        for (link, mut members) in linked {
            members.reverse();
            groups.push(self.linked(link, members, Level::Customer)?);
        }
        for ((currency, item_id), mut members) in staying {
            members.reverse();
            let before = items.get((currency, item_id));
            let after = before.plus(sum(&members)?)?;
            groups.push(Group {
                item_id,
                currency,
                line: None,
                contract: None,
                subscription: None,
                link: None,
                before,
                after,
                atoms: members,
                label: None,
            });
        }
        Ok(groups)
    }

    fn label(&self, atom: &Atom<'f>, level: Level) -> Result<Option<GroupLabel<'f>>, InternalError> {
        let line = self.index.lines.get(atom.line)?.line;
        let Some(label) = self.modifications.of_event(atom.authority, line) else { return Ok(None) };
        let holding = label.at(level);
        Ok(holding.map(|holding| GroupLabel::new(&label, holding, atom.event.cause(&line.line_id))))
    }

    fn link_label(&self, link: LinkIndex, level: Level) -> Result<Option<GroupLabel<'f>>, InternalError> {
        let Some((label, cause)) = &self.links.get(link)?.label else { return Ok(None) };
        Ok(label.at(level).map(|holding| GroupLabel::new(label, holding, cause.clone())))
    }

    fn single<'s>(
        &self,
        member: Member<'s, 'f>,
        label: Option<GroupLabel<'f>>,
    ) -> Result<Group<'s, 'f>, InternalError> {
        let (_, atom) = member;
        let indexed = self.index.lines.get(atom.line)?;
        Ok(Group {
            item_id: atom.after.terms.item_id,
            currency: indexed.line.currency,
            line: Some(atom.line),
            contract: Some(self.index.subscriptions.get(indexed.subscription)?.contract),
            subscription: Some(indexed.subscription),
            link: None,
            before: atom.before.position(),
            after: atom.after.position(),
            atoms: vec![member],
            label,
        })
    }

    /// The renewed lines' ends and the renewing lines' beginnings; before is the end of the day before.
    fn linked<'s>(
        &self,
        link: LinkIndex,
        members: Vec<Member<'s, 'f>>,
        level: Level,
    ) -> Result<Group<'s, 'f>, DomainError> {
        let found = self.links.get(link)?;
        let mut before = Position::NONE;
        for (_, atom) in &members {
            before = before.plus(atom.before.position())?;
        }
        let after = before.plus(sum(&members)?)?;
        Ok(Group {
            item_id: found.item_id,
            currency: found.currency,
            line: None,
            contract: Some(self.index.subscriptions.get(found.subscription)?.contract),
            subscription: Some(found.subscription),
            link: Some(link),
            before,
            after,
            atoms: members,
            label: self.link_label(link, level)?,
        })
    }
}

fn sum(members: &[Member<'_, '_>]) -> Result<Position, OutOfRange> {
    let mut total = Position::NONE;
    for (_, atom) in members {
        total = total.plus(atom.change()?)?;
    }
    Ok(total)
}
