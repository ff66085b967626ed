//! A customer's facts by subscription, and the contracts that subscriptions linked by renewal make together.

use std::collections::BTreeMap;

use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, FactKey, OrderEntry, SubscriptionLine};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::{LineId, SubscriptionId};

/// An order, as far as it is for one line.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct LineOrder<'f> {
    pub order: &'f ChangeOrder,
    /// None when the order is for all lines.
    pub entry: Option<&'f OrderEntry>,
}

/// A line beside the orders for it, in the order of R4.
#[derive(Debug)]
pub(in crate::domain) struct IndexedLine<'f> {
    pub line: &'f SubscriptionLine,
    pub subscription: usize,
    pub orders: Vec<LineOrder<'f>>,
}

/// A subscription: indices of its lines, its RENEWAL orders by date and id.
#[derive(Debug)]
pub(in crate::domain) struct Subscription<'f> {
    pub id: &'f SubscriptionId,
    pub lines: Vec<usize>,
    pub renewals: Vec<&'f ChangeOrder>,
    /// The subscription that this one renews by link.
    pub renews: Option<usize>,
    /// The contract that it is part of.
    pub contract: usize,
}

/// A customer's recurring lines by id and its subscriptions by id.
#[derive(Debug, Default)]
pub(in crate::domain) struct Index<'f> {
    pub lines: Vec<IndexedLine<'f>>,
    pub subscriptions: Vec<Subscription<'f>>,
}

impl<'f> Index<'f> {
    pub fn of(facts: &'f CustomerFacts, voids: &mut Vec<Void>) -> Self {
        let mut index = Self::default();
        let by_id = index.add_lines(facts, voids);
        index.link_subscriptions(&by_id);
        for order in orders_by_date(facts, voids) {
            index.add_order(order, by_id.get(&order.subscription_id).copied(), facts, voids);
        }
        index
    }

    fn add_lines(&mut self, facts: &'f CustomerFacts, voids: &mut Vec<Void>) -> BTreeMap<&'f SubscriptionId, usize> {
        let mut by_id = BTreeMap::new();
        for line in facts.lines.values() {
            by_id.entry(&line.subscription_id).or_insert(0);
        }
        for (position, (id, slot)) in by_id.iter_mut().enumerate() {
            *slot = position;
            let empty = Subscription { id, lines: vec![], renewals: vec![], renews: None, contract: position };
            self.subscriptions.push(empty);
        }
        for line in facts.lines.values() {
            if let Some(reason) = not_recurring(line) {
                voids.push(Void { fact: FactKey::Line(line.line_id.clone()), line_id: None, reason });
                continue;
            }
            if let Some(&position) = by_id.get(&line.subscription_id)
                && let Some(subscription) = self.subscriptions.get_mut(position)
            {
                subscription.lines.push(self.lines.len());
                self.lines.push(IndexedLine { line, subscription: position, orders: vec![] });
            }
        }
        for line in facts.lines.values() {
            let renewed = line.renews_subscription_id.as_ref().and_then(|id| by_id.get(id)).copied();
            if let Some(renewed) = renewed
                && let Some(&position) = by_id.get(&line.subscription_id)
                && let Some(subscription) = self.subscriptions.get_mut(position)
                && renewed != position
            {
                subscription.renews.get_or_insert(renewed);
            }
        }
        by_id
    }

    /// A subscription that renews another is the same contract carried on.
    fn link_subscriptions(&mut self, by_id: &BTreeMap<&'f SubscriptionId, usize>) {
        for position in by_id.values() {
            // Refused circles cannot come here; the bound keeps even them from looping.
            let mut root = *position;
            for _ in 0..self.subscriptions.len() {
                match self.subscriptions.get(root).and_then(|subscription| subscription.renews) {
                    Some(renewed) => root = renewed,
                    None => break,
                }
            }
            if let Some(subscription) = self.subscriptions.get_mut(*position) {
                subscription.contract = root;
            }
        }
    }

    fn add_order(
        &mut self,
        order: &'f ChangeOrder,
        subscription: Option<usize>,
        facts: &'f CustomerFacts,
        voids: &mut Vec<Void>,
    ) {
        let mut void = |line_id: Option<&LineId>, reason| {
            let fact = FactKey::Order(order.change_order_id.clone());
            voids.push(Void { fact, line_id: line_id.cloned(), reason });
        };
        let Some((position, subscription)) =
            subscription.and_then(|position| Some((position, self.subscriptions.get_mut(position)?)))
        else {
            return void(None, VoidReason::NotOnSubscription);
        };
        if order.order_type == ChangeOrderType::Renewal {
            subscription.renewals.push(order);
        }
        if order.entries.is_empty() {
            for &line in &subscription.lines {
                if let Some(indexed) = self.lines.get_mut(line) {
                    indexed.orders.push(LineOrder { order, entry: None });
                }
            }
        }
        for entry in &order.entries {
            let found = self.lines.binary_search_by(|indexed| indexed.line.line_id.cmp(&entry.line_id));
            let indexed = found.ok().and_then(|found| self.lines.get_mut(found));
            if let Some(indexed) = indexed.filter(|indexed| indexed.subscription == position) {
                indexed.orders.push(LineOrder { order, entry: Some(entry) });
            } else {
                let reason = facts.lines.get(&entry.line_id).and_then(not_recurring);
                void(Some(&entry.line_id), reason.unwrap_or(VoidReason::NotOnSubscription));
            }
        }
    }
}

fn not_recurring(line: &SubscriptionLine) -> Option<VoidReason> {
    use crate::domain::facts::fact::ChargeKind::{OneTime, Recurring, Usage};
    match line.charge_kind {
        Recurring => None,
        kind @ (OneTime | Usage) => Some(VoidReason::NotRecurring(kind)),
    }
}

/// The orders that no revision voided, by the date on which they act and by id.
fn orders_by_date<'f>(facts: &'f CustomerFacts, voids: &mut Vec<Void>) -> Vec<&'f ChangeOrder> {
    let mut orders: Vec<&ChangeOrder> = Vec::with_capacity(facts.orders.len());
    for order in facts.orders.values() {
        if order.voided {
            let fact = FactKey::Order(order.change_order_id.clone());
            voids.push(Void { fact, line_id: None, reason: VoidReason::Voided });
        } else {
            orders.push(order);
        }
    }
    // Stable: orders of one date stay in the order of their ids.
    orders.sort_by_key(|order| order.acts_on());
    orders
}
