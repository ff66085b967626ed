//! Date by date: what happened becomes movements at both levels.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::classify::group::{Group, Items, Labelled};
use crate::domain::classify::zero_amount::{paused, renewed};
use crate::domain::classify::{Activity, Change, Relabel, classify};
use crate::domain::events::plan::{Plan, add_plans};
use crate::domain::facts::fact::ModificationType;
use crate::domain::ids::{Currency, CustomerId};
use crate::domain::journal::movement::{Cause, Level, Movement, Subcategory};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::policy::Policy;
use crate::domain::replay::customer_timeline::Story;
use crate::domain::replay::day_changes::{Day, Draft, Part};
use crate::domain::replay::explain::Trace;
use crate::domain::replay::in_force::EndCause;
use crate::domain::replay::line_event::Step;
use crate::domain::rule::{Rule, RuleSet};

/// The customer's books up to a date, and the movements so far.
pub(in crate::domain) struct Posting<'s, 'f> {
    pub movements: Vec<Movement>,
    pub plans: Vec<Plan>,
    /// What each movement is made of, for those who ask.
    pub traces: Option<Vec<Trace>>,
    pub(in crate::domain) story: &'s Story<'f>,
    customer_id: &'f CustomerId,
    policy: Policy,
    items: Items<'f>,
    /// How many lines make each contract active, by contract; and the customer.
    active_lines: BTreeMap<usize, i64>,
    active_lines_of_customer: i64,
    ever_active: bool,
}

/// Activity on a date: of the contracts that changed, and of the customer.
struct Activities {
    contracts: BTreeMap<usize, Activity>,
    customer: Activity,
}

/// What each cause moves as a whole, by cause, contract (0 at CUSTOMER level) and currency.
type LabelSums<'g> = BTreeMap<(&'g Cause, usize, Currency), Money>;

impl<'s, 'f> Posting<'s, 'f> {
    pub fn new(customer_id: &'f CustomerId, story: &'s Story<'f>, policy: &Policy) -> Self {
        Self {
            movements: Vec::with_capacity(story.atoms.len().saturating_mul(2)),
            plans: Vec::new(),
            traces: None,
            story,
            customer_id,
            policy: *policy,
            items: Items::default(),
            active_lines: BTreeMap::new(),
            active_lines_of_customer: 0,
            ever_active: false,
        }
    }

    pub fn post(&mut self, day: &Day<'_, 'f>) -> Result<(), OutOfRange> {
        let (story, first) = (self.story, self.movements.len());
        self.carry_items(day)?;
        let activities = self.activities(day)?;
        let by_contract = story.contract_groups(day.atoms)?;
        let by_customer = story.customer_groups(day.atoms, &self.items)?;
        let lapses = self.lapses(day, &by_customer);
        for (level, groups) in [(Level::Contract, by_contract), (Level::Customer, by_customer)] {
            let sums = label_sums(&groups)?;
            for group in &groups {
                let activity = match level {
                    Level::Contract => activities.contracts.get(&group.contract).copied().unwrap_or_default(),
                    Level::Customer => activities.customer,
                };
                self.post_group(level, group, day, activity, &sums, &lapses)?;
            }
            for (draft, renewed_mrr) in renewed(story, day, level)? {
                self.trace(day, &draft.parts, None);
                self.push(draft, Subcategory::Renewal, RuleSet::of(&[Rule::Renewal]), |movement| {
                    movement.renewed_mrr = Some(renewed_mrr);
                })?;
            }
            for draft in paused(story, day, level)? {
                self.trace(day, &draft.parts, None);
                self.push(draft, Subcategory::Ignored, RuleSet::of(&[Rule::Suspension]), |_| {})?;
            }
        }
        self.close(day)?;
        add_plans(&mut self.plans, self.movements.get(first..).unwrap_or_default(), &self.items);
        Ok(())
    }

    /// A line that sells another item after the date brings what it was before into that item's group (R7).
    fn carry_items(&mut self, day: &Day<'_, 'f>) -> Result<(), OutOfRange> {
        for line in day.atoms.chunk_by(|a, b| a.line == b.line) {
            if let ([first, ..], [.., last]) = (line, line)
                && let Some(currency) = self.currency(first.line)
            {
                let (from, to) = (first.before.terms.item_id, last.after.terms.item_id);
                self.items.carry((currency, from), (currency, to), first.before.position())?;
            }
        }
        Ok(())
    }

    /// R6 and R8: who is active before and after the date.
    fn activities(&mut self, day: &Day<'_, 'f>) -> Result<Activities, OutOfRange> {
        let mut contracts: BTreeMap<usize, Activity> = BTreeMap::new();
        let ever = self.ever_active;
        let mut customer = Activity { before: self.active_lines_of_customer > 0, after: false, ever };
        for line in day.atoms.chunk_by(|a, b| a.line == b.line) {
            let ([first, ..], [.., last]) = (line, line) else { continue };
            let Some(contract) = self.contract(first.line) else { continue };
            let lines = self.active_lines.entry(contract).or_default();
            contracts.entry(contract).or_insert(Activity { before: *lines > 0, after: false, ever });
            let change = i64::from(last.after.is_active()).checked_sub(i64::from(first.before.is_active()));
            let change = change.ok_or(OutOfRange)?;
            *lines = lines.checked_add(change).ok_or(OutOfRange)?;
            self.active_lines_of_customer = self.active_lines_of_customer.checked_add(change).ok_or(OutOfRange)?;
        }
        for (contract, activity) in &mut contracts {
            activity.after = self.active_lines.get(contract).is_some_and(|lines| *lines > 0);
        }
        customer.after = self.active_lines_of_customer > 0;
        self.ever_active |= customer.after;
        Ok(Activities { contracts, customer })
    }

    /// R11: the atoms whose CUSTOMER group has a natural end in it, when such ends are provisional. A group is taken up
    /// as a whole, and with it what it is at CONTRACT level: so the levels agree at any time.
    fn lapses(&self, day: &Day<'_, 'f>, by_customer: &[Group<'f>]) -> Vec<bool> {
        let mut lapses = vec![false; day.atoms.len()];
        if self.policy.lapse_grace_days == 0 {
            return lapses;
        }
        let is_natural_end = |position: &usize| {
            day.atoms.get(*position).is_some_and(|atom| matches!(atom.step, Step::End(EndCause::Natural)))
        };
        for group in by_customer.iter().filter(|group| group.atoms.iter().any(is_natural_end)) {
            for &position in &group.atoms {
                if let Some(lapses) = lapses.get_mut(position) {
                    *lapses = true;
                }
            }
        }
        lapses
    }

    fn post_group(
        &mut self,
        level: Level,
        group: &Group<'f>,
        day: &Day<'_, 'f>,
        activity: Activity,
        sums: &LabelSums<'_>,
        lapses: &[bool],
    ) -> Result<(), OutOfRange> {
        let relabel = group.label.as_ref().map(|label| Relabel {
            modification_type: label.modification_type,
            sum: sums.get(&(&label.cause, group.contract, group.currency)).copied().unwrap_or_default(),
            subcategory: label.subcategory,
        });
        let change = Change { level, before: group.before, after: group.after, activity, relabel };
        if change.amount()?.is_zero() {
            return Ok(());
        }
        let (subcategory, effects) = classify(&change)?;
        let atoms = || group.atoms.iter().filter_map(|&position| day.atoms.get(position));
        let draft = Draft {
            level,
            date: day.date,
            line: group.line,
            subscription: group.subscription,
            item_id: group.item_id,
            currency: group.currency,
            before: group.before,
            after: group.after,
            causes: atoms()
                .filter_map(|atom| Some((atom.step.rank().0, self.story.cause(atom.step, atom.line)?)))
                .collect(),
            parts: match self.traces {
                Some(_) => group.atoms.iter().copied().map(Part::Atom).collect(),
                None => Vec::new(),
            },
        };
        self.trace(day, &draft.parts, group.label.as_ref());
        let rules = atoms()
            .fold(RuleSet::of(&[Rule::Normalisation, Rule::Groups, Rule::Category]), |rules, atom| {
                rules.with(atom.step.rule()).with_if(atom.begins, Rule::Counting)
            })
            .with_if(group.link.is_some(), Rule::Renewal)
            .with_if(effects.is_some(), Rule::Effects)
            .with_if(relabel.is_some(), Rule::ModificationType);
        let is_lapse = group.atoms.iter().any(|&position| lapses.get(position) == Some(&true));
        // Nothing is dated later than 9999-12-31, so that dates sort as text.
        let last_date = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(day.date);
        let grace = Days::new(u64::from(self.policy.lapse_grace_days));
        let provisional_until =
            is_lapse.then(|| day.date.checked_add_days(grace).map_or(last_date, |date| date.min(last_date)));
        self.push(draft, subcategory, rules, |movement| {
            movement.effects = effects;
            movement.provisional_until = provisional_until;
        })
    }

    /// Notes what the next movement is made of, for those who ask.
    fn trace(&mut self, day: &Day<'_, 'f>, parts: &[Part], label: Option<&Labelled<'f>>) {
        if let Some(traces) = &mut self.traces {
            traces.push(Trace::of(self.story, day, parts, label));
        }
    }

    fn push(
        &mut self,
        draft: Draft<'f>,
        subcategory: Subcategory,
        rules: RuleSet,
        rest: impl FnOnce(&mut Movement),
    ) -> Result<(), OutOfRange> {
        let line = draft.line.and_then(|line| self.story.index.lines.get(line));
        let subscription = self.story.index.subscriptions.get(draft.subscription);
        let at_contract = draft.level == Level::Contract;
        let mut causes = draft.causes;
        causes.sort();
        causes.dedup();
        let mut movement = Movement {
            level: draft.level,
            category: subcategory.category(),
            subcategory,
            effective_date: draft.date,
            customer_id: self.customer_id.clone(),
            subscription_id: subscription.filter(|_| at_contract).map(|subscription| subscription.id.clone()),
            line_id: line.filter(|_| at_contract).map(|indexed| indexed.line.line_id.clone()),
            item_id: draft.item_id.clone(),
            currency: draft.currency,
            delta: draft.after.mrr.checked_sub(draft.before.mrr)?,
            mrr_before: draft.before.mrr,
            mrr_after: draft.after.mrr,
            quantity_before: draft.before.quantity,
            quantity_after: draft.after.quantity,
            effects: None,
            renewed_mrr: None,
            causes: causes.into_iter().map(|(_, cause)| cause).collect(),
            rules,
            provisional_until: None,
        };
        rest(&mut movement);
        self.movements.push(movement);
        Ok(())
    }

    /// The end of the date becomes the day before.
    fn close(&mut self, day: &Day<'_, 'f>) -> Result<(), OutOfRange> {
        for line in day.atoms.chunk_by(|a, b| a.line == b.line) {
            if let ([first, ..], [.., last]) = (line, line)
                && let Some(currency) = self.currency(first.line)
            {
                let change = last.after.position().minus(first.before.position())?;
                self.items.add((currency, last.after.terms.item_id), change)?;
            }
        }
        Ok(())
    }

    fn currency(&self, line: usize) -> Option<Currency> {
        Some(self.story.index.lines.get(line)?.line.currency)
    }

    fn contract(&self, line: usize) -> Option<usize> {
        let subscription = self.story.index.lines.get(line)?.subscription;
        Some(self.story.index.subscriptions.get(subscription)?.contract)
    }
}

/// R13: NEW_OR_CHURN goes by the sum of the groups that a cause labels.
fn label_sums<'g>(groups: &'g [Group<'_>]) -> Result<LabelSums<'g>, OutOfRange> {
    let mut sums = LabelSums::new();
    for group in groups {
        if let Some(label) =
            group.label.as_ref().filter(|label| label.modification_type == ModificationType::NewOrChurn)
        {
            let sum = sums.entry((&label.cause, group.contract, group.currency)).or_default();
            *sum = sum.checked_add(group.after.mrr.checked_sub(group.before.mrr)?)?;
        }
    }
    Ok(sums)
}
