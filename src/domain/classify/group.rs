//! R7: the atoms of one date, grouped for each level.

use std::collections::BTreeMap;

use crate::domain::classify::atom::{Atom, Position};
use crate::domain::classify::modification::Label;
use crate::domain::facts::fact::{ModificationType, Override};
use crate::domain::ids::{Currency, ItemId};
use crate::domain::journal::movement::{Cause, Level, Subcategory};
use crate::domain::money::OutOfRange;
use crate::domain::replay::customer_timeline::Story;

/// Atoms that make one movement.
#[derive(Debug)]
pub(in crate::domain) struct Group<'f> {
    pub item_id: &'f ItemId,
    pub currency: Currency,
    /// The line, where the group has only one (CONTRACT, and groups that left).
    pub line: Option<usize>,
    pub contract: usize,
    pub subscription: usize,
    pub link: Option<usize>,
    pub before: Position,
    pub after: Position,
    /// Indices into the date's atoms.
    pub atoms: Vec<usize>,
    pub label: Option<Labelled<'f>>,
}

/// The type that holds for a group at its level (R13).
#[derive(Debug, Clone)]
pub(in crate::domain) struct Labelled<'f> {
    pub modification_type: ModificationType,
    pub subcategory: Option<Subcategory>,
    /// The override that set it; None: the order itself.
    pub over: Option<&'f Override>,
    /// The cause that brings it.
    pub cause: Cause,
}

impl<'f> Labelled<'f> {
    fn new(label: Label<'f>, level: Level, cause: impl FnOnce() -> Option<Cause>) -> Option<Self> {
        let modification_type = label.at(level)?;
        Some(Self { modification_type, subcategory: label.subcategory, over: label.over, cause: cause()? })
    }
}

/// The MRR of every item of the customer, as of the end of the day before.
#[derive(Debug, Default)]
pub(in crate::domain) struct Items<'f>(BTreeMap<(Currency, &'f ItemId), Position>);

impl<'f> Items<'f> {
    pub fn get(&self, key: (Currency, &'f ItemId)) -> Position {
        self.0.get(&key).copied().unwrap_or_default()
    }

    pub fn add(&mut self, key: (Currency, &'f ItemId), change: Position) -> Result<(), OutOfRange> {
        let item = self.0.entry(key).or_default();
        *item = item.plus(change)?;
        Ok(())
    }

    /// Whether a line sells the item.
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
        if from == to || position == Position::default() {
            return Ok(());
        }
        self.add(from, Position::default().minus(position)?)?;
        self.add(to, position)
    }
}

impl<'f> Story<'f> {
    /// CONTRACT: one group for each (cause, line); a renewal by link is one group.
    pub fn contract_groups(&self, atoms: &[Atom<'f>]) -> Result<Vec<Group<'f>>, OutOfRange> {
        let mut groups = Vec::with_capacity(atoms.len());
        let mut linked: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (position, atom) in atoms.iter().enumerate() {
            match atom.link {
                Some(link) => linked.entry(link).or_default().push(position),
                None => groups.extend(self.single(position, atom, Level::Contract)),
            }
        }
        for (link, members) in linked {
            groups.extend(self.linked(link, members, atoms, Level::Contract)?);
        }
        Ok(groups)
    }

    /// CUSTOMER: one group for each (currency, item); what is relabelled at this level leaves.
    ///
    /// `items` is the end of the day before, each line with the item that it sells after the date.
    pub fn customer_groups(&self, atoms: &[Atom<'f>], items: &Items<'f>) -> Result<Vec<Group<'f>>, OutOfRange> {
        let mut staying: BTreeMap<(Currency, &'f ItemId), Vec<usize>> = BTreeMap::new();
        let mut linked: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut groups = Vec::new();
        let mut item_after = None;
        for (position, atom) in atoms.iter().enumerate().rev() {
            // Backwards, so that the first atom seen of a line is its last: it has the item sold after the date.
            let item_id = match item_after {
                Some((line, item_id)) if line == atom.line => item_id,
                _ => atom.after.terms.item_id,
            };
            item_after = Some((atom.line, item_id));
            if let Some(link) = atom.link
                && self.link_label(link, Level::Customer).is_some()
            {
                linked.entry(link).or_default().push(position);
            } else if atom.link.is_none() && self.label(atom, Level::Customer).is_some() {
                groups.extend(self.single(position, atom, Level::Customer));
            } else if let Some(indexed) = self.index.lines.get(atom.line) {
                staying.entry((indexed.line.currency, item_id)).or_default().push(position);
            }
        }
        for (link, members) in linked {
            groups.extend(self.linked(link, members.into_iter().rev().collect(), atoms, Level::Customer)?);
        }
        for ((currency, item_id), members) in staying {
            let atom_positions: Vec<usize> = members.into_iter().rev().collect();
            let before = items.get((currency, item_id));
            let after = before.plus(sum(&atom_positions, atoms)?)?;
            groups.push(Group {
                item_id,
                currency,
                line: None,
                contract: 0,
                subscription: 0,
                link: None,
                before,
                after,
                atoms: atom_positions,
                label: None,
            });
        }
        Ok(groups)
    }

    fn label(&self, atom: &Atom<'f>, level: Level) -> Option<Labelled<'f>> {
        let line = self.index.lines.get(atom.line)?.line;
        let label = self.modifications.of_step(atom.authority, line)?;
        Labelled::new(label, level, || self.cause(atom.step, atom.line))
    }

    fn link_label(&self, link: usize, level: Level) -> Option<Labelled<'f>> {
        let (label, cause) = self.links.get(link)?.label.as_ref()?;
        Labelled::new(*label, level, || Some(cause.clone()))
    }

    fn single(&self, position: usize, atom: &Atom<'f>, level: Level) -> Option<Group<'f>> {
        let indexed = self.index.lines.get(atom.line)?;
        Some(Group {
            item_id: atom.after.terms.item_id,
            currency: indexed.line.currency,
            line: Some(atom.line),
            contract: self.index.subscriptions.get(indexed.subscription)?.contract,
            subscription: indexed.subscription,
            link: None,
            before: atom.before.position(),
            after: atom.after.position(),
            atoms: vec![position],
            label: self.label(atom, level),
        })
    }

    /// The renewed lines' ends and the renewing lines' beginnings; before is the end of the day before.
    fn linked(
        &self,
        link: usize,
        members: Vec<usize>,
        atoms: &[Atom<'f>],
        level: Level,
    ) -> Result<Option<Group<'f>>, OutOfRange> {
        let Some((found, subscription)) =
            self.links.get(link).and_then(|found| Some((found, self.index.subscriptions.get(found.subscription)?)))
        else {
            return Ok(None);
        };
        let mut before = Position::default();
        for atom in members.iter().filter_map(|&position| atoms.get(position)) {
            before = before.plus(atom.before.position())?;
        }
        let after = before.plus(sum(&members, atoms)?)?;
        Ok(Some(Group {
            item_id: found.item_id,
            currency: found.currency,
            line: None,
            contract: subscription.contract,
            subscription: found.subscription,
            link: Some(link),
            before,
            after,
            atoms: members,
            label: self.link_label(link, level),
        }))
    }
}

fn sum(members: &[usize], atoms: &[Atom<'_>]) -> Result<Position, OutOfRange> {
    let mut total = Position::default();
    for atom in members.iter().filter_map(|&position| atoms.get(position)) {
        total = total.plus(atom.change()?)?;
    }
    Ok(total)
}
