//! Builds a customer's movements from the changes of one date after the other, at both levels (R7 to R13).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use crate::domain::classify::group::{Group, GroupLabel, ItemPositions};
use crate::domain::classify::{Activity, Axis, Change, Relabel, classify, zero_amount};
use crate::domain::error::{DomainError, InternalError};
use crate::domain::events::plan::{Plan, add_plans};
use crate::domain::facts::fact::ModificationType;
use crate::domain::ids::{Currency, CustomerId, LineId, SubscriptionId};
use crate::domain::journal::movement::{Cause, Level, Movement, Subcategory};
use crate::domain::money::{Money, OutOfRange};
use crate::domain::policy::Policy;
use crate::domain::replay::arena::AtomIndex;
use crate::domain::replay::contract::ContractIndex;
use crate::domain::replay::customer_timeline::CustomerTimeline;
use crate::domain::replay::day_changes::{Component, DayChanges, MovementDraft};
use crate::domain::replay::explain::Trace;
use crate::domain::rule::{Rule, RuleSet};

/// The last date of a movement: the four digits of its year keep dates in order as text.
const LAST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// The customer at the end of the last date, and the movements so far.
pub(in crate::domain) struct MovementBuilder<'t, 'f> {
    pub movements: Vec<Movement>,
    pub plans: Vec<Plan>,
    /// Takes the components of each movement; None when they are not asked for.
    traces: Option<&'t mut Vec<Trace>>,
    timeline: &'t CustomerTimeline<'f>,
    customer_id: &'f CustomerId,
    policy: Policy,
    items: ItemPositions<'f>,
    /// The number of lines that make each contract active; and the customer.
    active_lines: BTreeMap<ContractIndex, i64>,
    active_lines_of_customer: i64,
    ever_active: bool,
}

/// Activity on a date: of the contracts that changed, and of the customer.
struct Activities {
    contracts: BTreeMap<ContractIndex, Activity>,
    customer: Activity,
}

impl Activities {
    fn of(&self, level: Level, group: &Group<'_, '_>) -> Result<Activity, InternalError> {
        match level {
            Level::Contract => {
                let activity = group.contract.and_then(|contract| self.contracts.get(&contract));
                activity
                    .copied()
                    .ok_or_else(|| InternalError::new("a group at CONTRACT level of a contract without atoms"))
            }
            Level::Customer => Ok(self.customer),
        }
    }
}

/// The sum that each cause moves, by cause, contract and currency.
type LabelSums<'g> = BTreeMap<(&'g Cause, Option<ContractIndex>, Currency), Money>;

/// The atoms of a date that are held back with a natural end (R11).
type HeldBack = BTreeSet<AtomIndex>;

impl<'t, 'f> MovementBuilder<'t, 'f> {
    pub fn new(
        customer_id: &'f CustomerId,
        timeline: &'t CustomerTimeline<'f>,
        policy: &Policy,
        traces: Option<&'t mut Vec<Trace>>,
    ) -> Self {
        Self {
            movements: Vec::with_capacity(timeline.atoms.len()),
            plans: Vec::new(),
            traces,
            timeline,
            customer_id,
            policy: *policy,
            items: ItemPositions::default(),
            active_lines: BTreeMap::new(),
            active_lines_of_customer: 0,
            ever_active: false,
        }
    }

    /// Adds the movements of the next date.
    ///
    /// # Errors
    /// [`DomainError`] when a sum does not fit.
    pub fn add(&mut self, day: &DayChanges<'_, 'f>) -> Result<(), DomainError> {
        let (timeline, earlier) = (self.timeline, self.movements.len());
        self.carry_items(day)?;
        let activities = self.activities(day)?;
        let by_contract = timeline.contract_groups(day.atoms)?;
        let by_customer = timeline.customer_groups(day.atoms, &self.items)?;
        let held_back = self.held_back(&by_customer);
        for (level, groups) in [(Level::Contract, by_contract), (Level::Customer, by_customer)] {
            let sums = label_sums(&groups)?;
            for group in &groups {
                let relabel = relabel(group, &sums)?;
                let change = Change {
                    level,
                    before: group.before,
                    after: group.after,
                    activity: activities.of(level, group)?,
                    relabel,
                };
                self.add_group(group, day, &change, &held_back)?;
            }
            for (draft, renewed_mrr) in zero_amount::renewals(timeline, day, level)? {
                self.trace(&draft.components, None)?;
                self.push(draft, Subcategory::Renewal, RuleSet::of(&[Rule::Renewal]), |movement| {
                    movement.renewed_mrr = Some(renewed_mrr);
                })?;
            }
            for draft in zero_amount::suspensions(timeline, day, level)? {
                self.trace(&draft.components, None)?;
                self.push(draft, Subcategory::Ignored, RuleSet::of(&[Rule::Suspension]), |_| {})?;
            }
        }
        self.close(day)?;
        add_plans(&mut self.plans, self.movements.iter().skip(earlier), &self.items);
        Ok(())
    }

    /// A line that sells another item after the date brings what it was before into that item's group (R7).
    fn carry_items(&mut self, day: &DayChanges<'_, 'f>) -> Result<(), DomainError> {
        for changes in &day.lines {
            let currency = self.timeline.index.lines.get(changes.first.line)?.line.currency;
            let (from, to) = (changes.first.before.terms.item_id, changes.last.after.terms.item_id);
            self.items.carry((currency, from), (currency, to), changes.first.before.position())?;
        }
        Ok(())
    }

    /// R6 and R8: the activity before and after the date.
    fn activities(&mut self, day: &DayChanges<'_, 'f>) -> Result<Activities, DomainError> {
        let index = &self.timeline.index;
        let mut contracts: BTreeMap<ContractIndex, Activity> = BTreeMap::new();
        let ever = self.ever_active;
        let before = self.active_lines_of_customer > 0;
        for changes in &day.lines {
            let subscription = index.lines.get(changes.first.line)?.subscription;
            let contract = index.subscriptions.get(subscription)?.contract;
            let lines = self.active_lines.entry(contract).or_insert(0);
            let activity = contracts.entry(contract).or_insert(Activity { before: *lines > 0, after: false, ever });
            let change = i64::from(changes.last.after.is_active())
                .checked_sub(i64::from(changes.first.before.is_active()))
                .ok_or(OutOfRange)?;
            *lines = lines.checked_add(change).ok_or(OutOfRange)?;
            activity.after = *lines > 0;
            self.active_lines_of_customer = self.active_lines_of_customer.checked_add(change).ok_or(OutOfRange)?;
        }
        let after = self.active_lines_of_customer > 0;
        self.ever_active |= after;
        Ok(Activities { contracts, customer: Activity { before, after, ever } })
    }

    /// R11: the atoms whose CUSTOMER group has a natural end in it, when such ends are provisional. A group is taken up
    /// as a whole, and with it what it is at CONTRACT level: so the levels agree at any time.
    fn held_back(&self, by_customer: &[Group<'_, 'f>]) -> HeldBack {
        if self.policy.lapse_grace_days == 0 {
            return HeldBack::new();
        }
        let has_natural_end = |group: &&Group<'_, 'f>| group.atoms.iter().any(|(_, atom)| atom.event.is_natural_end());
        let groups = by_customer.iter().filter(has_natural_end);
        groups.flat_map(|group| group.atoms.iter().map(|(index, _)| *index)).collect()
    }

    fn add_group(
        &mut self,
        group: &Group<'_, 'f>,
        day: &DayChanges<'_, 'f>,
        change: &Change,
        held_back: &HeldBack,
    ) -> Result<(), DomainError> {
        if change.amount()?.is_zero() {
            return Ok(());
        }
        let (subcategory, effects) = classify(change)?;
        let mut causes = Vec::with_capacity(group.atoms.len());
        let mut rules = RuleSet::of(&[Rule::Normalisation, Rule::Groups, Rule::Category]);
        for (_, atom) in &group.atoms {
            causes.push((atom.event.rank().0, self.timeline.cause(atom.event, atom.line)?));
            rules = rules.with(atom.event.rule()).with_if(atom.begins, Rule::Counting);
        }
        let rules = rules
            .with_if(group.link.is_some(), Rule::Renewal)
            .with_if(effects.is_some(), Rule::Effects)
            .with_if(group.label.is_some(), Rule::ModificationType);
        let components = match self.traces {
            Some(_) => group.atoms.iter().map(|(_, atom)| Component::Atom(atom)).collect(),
            None => Vec::new(),
        };
        self.trace(&components, group.label.as_ref())?;
        let draft = MovementDraft {
            level: change.level,
            date: day.date,
            line: group.line,
            subscription: group.subscription,
            item_id: group.item_id,
            currency: group.currency,
            before: group.before,
            after: group.after,
            causes,
            components,
        };
        let is_held_back = group.atoms.iter().any(|(index, _)| held_back.contains(index));
        let provisional_until = is_held_back.then(|| self.end_of_grace(day.date));
        self.push(draft, subcategory, rules, |movement| {
            movement.effects = effects;
            movement.provisional_until = provisional_until;
        })
    }

    fn end_of_grace(&self, date: NaiveDate) -> NaiveDate {
        let grace = Days::new(u64::from(self.policy.lapse_grace_days));
        date.checked_add_days(grace).map_or(LAST_DATE, |end| end.min(LAST_DATE))
    }

    /// Adds the components of the next movement, if they are asked for.
    fn trace(&mut self, components: &[Component<'_, 'f>], label: Option<&GroupLabel<'f>>) -> Result<(), InternalError> {
        if let Some(traces) = &mut self.traces {
            traces.push(Trace::of(self.timeline, components, label)?);
        }
        Ok(())
    }

    fn push(
        &mut self,
        draft: MovementDraft<'_, 'f>,
        subcategory: Subcategory,
        rules: RuleSet,
        rest: impl FnOnce(&mut Movement),
    ) -> Result<(), DomainError> {
        let (subscription_id, line_id) = match draft.level {
            Level::Contract => (self.subscription_id(&draft)?, self.line_id(&draft)?),
            Level::Customer => (None, None),
        };
        let mut causes = draft.causes;
        causes.sort();
        causes.dedup();
        let mut movement = Movement {
            level: draft.level,
            category: subcategory.category(),
            subcategory,
            effective_date: draft.date,
            customer_id: self.customer_id.clone(),
            subscription_id,
            line_id,
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

    fn subscription_id(&self, draft: &MovementDraft<'_, 'f>) -> Result<Option<SubscriptionId>, InternalError> {
        let Some(subscription) = draft.subscription else {
            return Err(InternalError::new("a movement at CONTRACT level of no subscription"));
        };
        Ok(Some(self.timeline.index.subscriptions.get(subscription)?.id.clone()))
    }

    fn line_id(&self, draft: &MovementDraft<'_, 'f>) -> Result<Option<LineId>, InternalError> {
        let Some(line) = draft.line else { return Ok(None) };
        Ok(Some(self.timeline.index.lines.get(line)?.line.line_id.clone()))
    }

    /// The end of the date becomes the day before.
    fn close(&mut self, day: &DayChanges<'_, 'f>) -> Result<(), DomainError> {
        for changes in &day.lines {
            let currency = self.timeline.index.lines.get(changes.first.line)?.line.currency;
            let change = changes.last.after.position().minus(changes.first.before.position())?;
            self.items.add((currency, changes.last.after.terms.item_id), change)?;
        }
        Ok(())
    }
}

fn relabel(group: &Group<'_, '_>, sums: &LabelSums<'_>) -> Result<Option<Relabel>, InternalError> {
    let Some(label) = &group.label else { return Ok(None) };
    let axis = match label.modification_type {
        ModificationType::NewOrChurn => {
            let sum = sums.get(&(&label.cause, group.contract, group.currency)).copied();
            Axis::NewOrChurn { sum: sum.ok_or_else(|| InternalError::new("a labelled group that is in no sum"))? }
        }
        ModificationType::UpsellOrDownsell => Axis::UpsellOrDownsell,
        ModificationType::Ignored => Axis::Ignored,
    };
    Ok(Some(Relabel { axis, subcategory: label.subcategory }))
}

/// R13: NEW_OR_CHURN goes by the sum of the groups that a cause labels.
fn label_sums<'g>(groups: &'g [Group<'_, '_>]) -> Result<LabelSums<'g>, OutOfRange> {
    let mut sums = LabelSums::new();
    for group in groups {
        if let Some(label) =
            group.label.as_ref().filter(|label| label.modification_type == ModificationType::NewOrChurn)
        {
            let sum = sums.entry((&label.cause, group.contract, group.currency)).or_insert(Money::ZERO);
            *sum = sum.checked_add(group.after.mrr.checked_sub(group.before.mrr)?)?;
        }
    }
    Ok(sums)
}
