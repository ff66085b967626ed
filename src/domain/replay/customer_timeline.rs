//! A customer's lines, each walked through its life: everything that happened, before it is grouped and named.

use crate::domain::classify::atom::{Atom, Pause, RenewalMark};
use crate::domain::classify::modification::{Modifications, occurs};
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::FactKey;
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::journal::movement::Cause;
use crate::domain::money::OutOfRange;
use crate::domain::replay::contract::Index;
use crate::domain::replay::in_force::{End, EndCause, Life, lives};
use crate::domain::replay::line_event::Step;
use crate::domain::replay::line_timeline::{Timeline, walk};
use crate::domain::replay::renewal_link::{Link, links};
use crate::domain::replay::trial::{Trial, trials};

/// What happened, each list by date and line.
pub(in crate::domain) struct Story<'f> {
    pub index: Index<'f>,
    pub modifications: Modifications<'f>,
    pub links: Vec<Link<'f>>,
    pub atoms: Vec<Atom<'f>>,
    pub renewals: Vec<RenewalMark<'f>>,
    pub pauses: Vec<Pause<'f>>,
    pub trials: Vec<Trial>,
    pub voids: Vec<Void>,
}

impl<'f> Story<'f> {
    pub fn of(facts: &'f CustomerFacts) -> Result<Self, OutOfRange> {
        let mut voids = Vec::new();
        let index = Index::of(facts, &mut voids);
        let modifications = Modifications::of(facts);
        let mut lives = lives(&index, &mut voids);
        let mut timelines = index
            .lines
            .iter()
            .zip(&lives)
            .enumerate()
            .map(|(line, (indexed, life))| match life {
                Some(life) => walk(line, indexed, life, &modifications),
                None => Ok(Timeline::default()),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let links = links(&index, &lives, &timelines);
        let mut story = Self {
            trials: vec![],
            atoms: vec![],
            renewals: vec![],
            pauses: vec![],
            index,
            modifications,
            links,
            voids,
        };
        story.end_renewed_lines(&mut lives, &mut timelines)?;
        story.mark_links(&mut timelines);
        story.gather(timelines);
        story.trials = trials(&story.index, &lives);
        story.check_overrides(facts, &lives);
        Ok(story)
    }

    /// R9: the date on which the link begins becomes the end of the renewed lines.
    fn end_renewed_lines(
        &self,
        lives: &mut [Option<Life<'f>>],
        timelines: &mut [Timeline<'f>],
    ) -> Result<(), OutOfRange> {
        for link in &self.links {
            let begins = link.renewing.first().and_then(|line| timelines.get(*line)?.begins);
            let by = self.index.subscriptions.get(link.subscription).map(|subscription| subscription.id);
            let (Some((on, _)), Some(by)) = (begins, by) else { continue };
            for &line in &link.renewed {
                if let (Some(indexed), Some(Some(life)), Some(timeline)) =
                    (self.index.lines.get(line), lives.get_mut(line), timelines.get_mut(line))
                {
                    life.end = Some(End { on, cause: EndCause::Link(by) });
                    *timeline = walk(line, indexed, life, &self.modifications)?;
                }
            }
        }
        Ok(())
    }

    /// Ties the beginnings and ends of each renewal by link together, and finds its type.
    fn mark_links(&mut self, timelines: &mut [Timeline<'f>]) {
        let mut links = std::mem::take(&mut self.links);
        for (position, link) in links.iter_mut().enumerate() {
            for &line in &link.renewed {
                let atoms = timelines.get_mut(line).into_iter().flat_map(|timeline| &mut timeline.atoms);
                for atom in atoms.filter(|atom| matches!(atom.step, Step::End(_))) {
                    atom.link = Some(position);
                }
            }
            for &line in &link.renewing {
                let atoms = timelines.get_mut(line).into_iter().flat_map(|timeline| &mut timeline.atoms);
                for atom in atoms.filter(|atom| atom.begins) {
                    atom.link = Some(position);
                    link.label = link.label.take().or_else(|| {
                        let line = self.index.lines.get(atom.line)?.line;
                        let label = self.modifications.of_step(atom.authority, line)?;
                        Some((label, atom.step.cause(&line.line_id)))
                    });
                }
            }
        }
        self.links = links;
    }

    /// A step of a line as a cause.
    pub fn cause(&self, step: Step<'f>, line: usize) -> Option<Cause> {
        Some(step.cause(&self.index.lines.get(line)?.line.line_id))
    }

    fn gather(&mut self, timelines: Vec<Timeline<'f>>) {
        for timeline in timelines {
            self.atoms.extend(timeline.atoms);
            self.renewals.extend(timeline.renewals);
            self.pauses.extend(timeline.pauses);
            self.voids.extend(timeline.voids);
        }
        // Stable: a line's own causes stay in their order (R4).
        self.atoms.sort_by_key(|atom| atom.on);
        self.renewals.sort_by_key(|renewal| renewal.on);
        self.pauses.sort_by_key(|pause| pause.on);
    }

    /// An override whose cause does not occur has no effect.
    fn check_overrides(&mut self, facts: &'f CustomerFacts, lives: &[Option<Life<'f>>]) {
        use crate::domain::facts::fact::OverrideTarget::{ChangeOrder, LineStart, NaturalEnd, PriceStep, TrialEnd};
        for target in facts.overrides.keys() {
            let found = match target {
                ChangeOrder(order) => facts.orders.get(order).is_some_and(|order| !order.voided),
                LineStart(line) | TrialEnd(line) | NaturalEnd(line) | PriceStep(line, _) => {
                    let found = self.index.lines.binary_search_by(|indexed| indexed.line.line_id.cmp(line));
                    found.is_ok_and(|line| {
                        let indexed = self.index.lines.get(line);
                        indexed.is_some_and(|indexed| {
                            occurs(target, indexed.line, lives.get(line).and_then(Option::as_ref))
                        })
                    })
                }
            };
            if !found {
                let fact = FactKey::Override(target.clone());
                self.voids.push(Void { fact, line_id: None, reason: VoidReason::NoSuchCause });
            }
        }
    }
}
