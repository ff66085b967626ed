//! A second way to the lines' MRR, to hold the engine against: for each line and date from nothing, by R1 to R6, R9 and
//! R10 as they are written, without a memory from one date to the next. Slow, and without a word on movements.

mod renewals;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::facts::fact::{ChangeOrder, ChangeOrderType, ChargeKind, ModificationType, OverrideTarget};
use deltabook::domain::facts::fact::{SubscriptionLine, TermsChange};
use deltabook::domain::ids::{ItemId, LineId};
use deltabook::domain::money::Money;
use deltabook::domain::number::Quantity;
use deltabook::domain::rounding::mrr;

pub use renewals::renews;

/// All of a customer's lines that are ever in force, and all the dates on which anything can change.
pub struct Books<'f> {
    facts: &'f CustomerFacts,
    pub dates: BTreeSet<NaiveDate>,
    pub lives: BTreeMap<&'f LineId, Life<'f>>,
}

/// R3: when a line is in force.
#[derive(Clone)]
pub struct Life<'f> {
    pub line: &'f SubscriptionLine,
    start: NaiveDate,
    /// Moved by renewals.
    natural_end: Option<NaiveDate>,
    /// The RENEWAL orders that cover the line and are not void.
    pub renewals: Vec<&'f ChangeOrder>,
    /// A renewal by link sets the end.
    pub link: Option<NaiveDate>,
}

/// A line at the end of a date.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'f> {
    pub counts: bool,
    /// Sold then, or last.
    pub item: &'f ItemId,
    pub quantity: Quantity,
    /// The line's own MRR, whether it counts or not.
    pub mrr: Money,
}

impl<'f> Books<'f> {
    pub fn of(facts: &'f CustomerFacts) -> Self {
        let lines = facts.lines.values().filter(|line| line.charge_kind == ChargeKind::Recurring);
        let mut books = Self { facts, dates: dates(facts), lives: BTreeMap::new() };
        books.lives = lines.filter_map(|line| Some((&line.line_id, books.begin(line)?))).collect();
        books.renew();
        books.link();
        books
    }

    /// What each line is at the end of a date.
    pub fn at(&self, date: NaiveDate) -> impl Iterator<Item = (&Life<'f>, Standing<'f>)> {
        self.lives.values().map(move |life| (life, self.standing(life, date)))
    }

    /// R6.
    pub fn standing(&self, life: &Life<'f>, date: NaiveDate) -> Standing<'f> {
        // A line keeps the terms that it had on its last date.
        let last = self.end(life).and_then(|end| end.pred_opt()).map_or(date, |last| last.min(date));
        let counts = self.in_force(life, date)
            && !self.put_aside(life, date)
            && self.begins(life).is_some_and(|begins| begins <= date);
        let quantity = self.terms(life, last).quantity.unwrap_or_default();
        Standing { counts, item: self.item(life, last), quantity, mrr: self.own_mrr(life, last) }
    }

    /// R3, start.
    fn begin(&self, line: &'f SubscriptionLine) -> Option<Life<'f>> {
        let start = if line.pending_activation {
            let activated = self.orders(line, ChangeOrderType::Activation).first()?.acts_on();
            (line.end_date.is_none_or(|end| activated < end)).then_some(activated)?
        } else {
            line.start_date
        };
        let cancelled = self.termination(line).is_some_and(|terminated| terminated <= start);
        let life = Life { line, start, natural_end: line.end_date, renewals: vec![], link: None };
        (!cancelled).then_some(life)
    }

    /// R3, end.
    fn end(&self, life: &Life<'f>) -> Option<NaiveDate> {
        let own = match (self.termination(life.line), life.natural_end) {
            (Some(terminated), Some(natural)) => Some(terminated.min(natural)),
            (one, other) => one.or(other),
        };
        life.link.or(own)
    }

    pub fn in_force(&self, life: &Life<'f>, date: NaiveDate) -> bool {
        life.start <= date && self.end(life).is_none_or(|end| date < end)
    }

    /// R6: the first date at whose end the line's MRR is not 0; nothing changes between the dates of facts.
    pub fn begins(&self, life: &Life<'f>) -> Option<NaiveDate> {
        let starts = |date: NaiveDate| {
            self.in_force(life, date) && !self.own_mrr(life, date).is_zero() && !self.put_aside(life, date)
        };
        self.dates.iter().copied().find(|date| starts(*date))
    }

    /// The orders of a type for a line, by date and id, those left out that a revision voided.
    fn orders(&self, line: &SubscriptionLine, kind: ChangeOrderType) -> Vec<&'f ChangeOrder> {
        let is_for = |order: &&ChangeOrder| order.entries.is_empty() || order.entry(&line.line_id).is_some();
        let on_subscription = self.facts.orders.values().filter(|order| order.subscription_id == line.subscription_id);
        let mut orders: Vec<&ChangeOrder> =
            on_subscription.filter(|order| order.order_type == kind && !order.voided).filter(is_for).collect();
        orders.sort_by_key(|order| (order.acts_on(), &order.change_order_id));
        orders
    }

    fn termination(&self, line: &SubscriptionLine) -> Option<NaiveDate> {
        self.orders(line, ChangeOrderType::Termination).first().map(|order| order.acts_on())
    }

    /// R4: what sets a line's terms up to the end of a date, one after the other.
    fn changes(&self, life: &Life<'f>, date: NaiveDate) -> Vec<&'f TermsChange> {
        let steps = life.line.price_steps.iter().enumerate();
        let steps = steps.map(|(number, step)| {
            let on = step.start_date.filter(|_| number > 0).unwrap_or(life.start);
            // Steps up to the start are its terms, in their order.
            if on <= life.start { ((life.start, 0, ""), &step.terms) } else { ((on, 3, ""), &step.terms) }
        });
        let by_order = |rank: u8, order: &'f ChangeOrder| {
            let entry = order.entry(&life.line.line_id)?;
            Some(((order.acts_on(), rank, order.change_order_id.as_str()), &entry.terms))
        };
        let modified = self.orders(life.line, ChangeOrderType::ModifyPricing);
        let renewed = life.renewals.iter().filter_map(|order| by_order(2, order));
        let modified = modified.into_iter().filter_map(|order| by_order(4, order));
        let mut changes: Vec<_> = steps.chain(renewed).chain(modified).collect();
        changes.retain(|((on, _, _), _)| (life.start..=date).contains(on));
        changes.sort_by_key(|(key, _)| *key);
        changes.into_iter().map(|(_, change)| change).collect()
    }

    /// What is not named carries over.
    fn terms(&self, life: &Life<'f>, date: NaiveDate) -> TermsChange {
        self.changes(life, date).into_iter().fold(TermsChange::default(), |before, change| TermsChange {
            quantity: change.quantity.or(before.quantity),
            unit_price: change.unit_price.or(before.unit_price),
            discount: change.discount.or(before.discount),
            interval: change.interval.or(before.interval),
            item_id: None,
        })
    }

    fn item(&self, life: &Life<'f>, date: NaiveDate) -> &'f ItemId {
        let named = self.changes(life, date).into_iter().rev().find_map(|change| change.item_id.as_ref());
        named.unwrap_or(&life.line.item_id)
    }

    /// R2 and R5.
    fn own_mrr(&self, life: &Life<'f>, date: NaiveDate) -> Money {
        let in_trial = life.line.trial_end_date.is_some_and(|end| date < end);
        let terms = self.terms(life, date);
        match (terms.quantity, terms.unit_price, terms.interval) {
            (Some(quantity), Some(unit_price), Some(interval)) if !in_trial => {
                mrr(quantity, unit_price, terms.discount, interval).unwrap()
            }
            _ => Money::ZERO,
        }
    }

    /// R10: a suspension of a type other than IGNORED holds at the end of a date.
    fn put_aside(&self, life: &Life<'f>, date: NaiveDate) -> bool {
        let reactivations = self.orders(life.line, ChangeOrderType::Reactivation);
        let mut orders = self.orders(life.line, ChangeOrderType::Suspension);
        orders.extend(reactivations);
        orders.retain(|order| (life.start..=date).contains(&order.acts_on()));
        let suspends = |order: &ChangeOrder| order.order_type == ChangeOrderType::Suspension;
        orders.sort_by_key(|order| (order.acts_on(), suspends(order), &order.change_order_id));
        let holding = orders.into_iter().fold(
            None,
            |holding: Option<&ChangeOrder>, order| {
                if suspends(order) { holding.or(Some(order)) } else { None }
            },
        );
        let target = |order: &ChangeOrder| OverrideTarget::ChangeOrder(order.change_order_id.clone());
        let kind = holding.and_then(|order| {
            let over = self.facts.overrides.get(&target(order)).and_then(|over| over.modification_type);
            over.or(order.modification_type)
        });
        matches!(kind, Some(ModificationType::NewOrChurn | ModificationType::UpsellOrDownsell))
    }
}

/// Every date that a fact names: nothing changes on another.
fn dates(facts: &CustomerFacts) -> BTreeSet<NaiveDate> {
    let mut dates = BTreeSet::new();
    for line in facts.lines.values() {
        dates.insert(line.start_date);
        dates.extend(line.end_date.into_iter().chain(line.trial_end_date));
        dates.extend(line.price_steps.iter().filter_map(|step| step.start_date));
    }
    for order in facts.orders.values() {
        dates.insert(order.acts_on());
        dates.extend(order.renewal_end_date);
    }
    dates
}
