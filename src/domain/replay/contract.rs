//! A customer's facts by subscription, and the contracts that subscriptions linked by renewal make together.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::error::InternalError;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{ChangeOrder, ChangeOrderType, ChargeKind, FactKey, OrderEntry, SubscriptionLine};
use crate::domain::facts::void::{Void, VoidReason};
use crate::domain::ids::{LineId, SubscriptionId};
use crate::domain::replay::arena::{Arena, LineIndex, SubscriptionIndex};

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
    pub subscription: SubscriptionIndex,
    pub orders: Vec<LineOrder<'f>>,
}

/// A contract, by the one of its subscriptions that renews none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::domain) struct ContractIndex(SubscriptionIndex);

/// A subscription: its lines, its RENEWAL orders by date and id.
#[derive(Debug)]
pub(in crate::domain) struct Subscription<'f> {
    pub id: &'f SubscriptionId,
    pub lines: Vec<LineIndex>,
    pub renewals: Vec<&'f ChangeOrder>,
    /// The subscription that this one renews by link.
    pub renews: Option<SubscriptionIndex>,
    /// The contract that it is part of.
    pub contract: ContractIndex,
}

/// A customer's recurring lines by id and its subscriptions by id.
#[derive(Debug, Default)]
pub(in crate::domain) struct FactIndex<'f> {
    pub lines: Arena<LineIndex, IndexedLine<'f>>,
    pub subscriptions: Arena<SubscriptionIndex, Subscription<'f>>,
}

type SubscriptionsById<'f> = BTreeMap<&'f SubscriptionId, SubscriptionIndex>;

impl<'f> FactIndex<'f> {
    /// # Errors
    /// [`InternalError`] for an index of another customer.
    pub fn of(facts: &'f CustomerFacts, voids: &mut Vec<Void>) -> Result<Self, InternalError> {
        let mut index = Self::default();
        let by_id = index.add_subscriptions(facts);
        for line in facts.lines.values() {
            index.add_line(line, &by_id, voids)?;
        }
        index.join_contracts()?;
        for order in orders_by_date(facts, voids) {
            index.add_order(order, by_id.get(&order.subscription_id).copied(), facts, voids)?;
        }
        Ok(index)
    }

    /// The subscriptions of all lines, of those too that are not recurring.
    fn add_subscriptions(&mut self, facts: &'f CustomerFacts) -> SubscriptionsById<'f> {
        let ids: BTreeSet<&SubscriptionId> = facts.lines.values().map(|line| &line.subscription_id).collect();
        let mut by_id = SubscriptionsById::new();
        for id in ids {
            let index = self.subscriptions.push_with(|index| Subscription {
                id,
                lines: vec![],
                renewals: vec![],
                renews: None,
                contract: ContractIndex(index),
            });
            by_id.insert(id, index);
        }
        by_id
    }

    fn add_line(
        &mut self,
        line: &'f SubscriptionLine,
        by_id: &SubscriptionsById<'f>,
        voids: &mut Vec<Void>,
    ) -> Result<(), InternalError> {
        let own = by_id.get(&line.subscription_id).copied();
        let own = own.ok_or_else(|| InternalError::new("a line of a subscription that has no line"))?;
        let subscription = self.subscriptions.get_mut(own)?;
        // An unknown subscription is refused on arrival (R15).
        let renewed = line.renews_subscription_id.as_ref().and_then(|id| by_id.get(id)).copied();
        if let Some(renewed) = renewed.filter(|renewed| *renewed != own) {
            subscription.renews.get_or_insert(renewed);
        }
        if let Some(reason) = not_recurring(line) {
            voids.push(Void { fact: FactKey::Line(line.line_id.clone()), line_id: None, reason });
        } else {
            subscription.lines.push(self.lines.push(IndexedLine { line, subscription: own, orders: vec![] }));
        }
        Ok(())
    }

    /// A subscription that renews another is the same contract carried on.
    fn join_contracts(&mut self) -> Result<(), InternalError> {
        for index in self.subscriptions.indices() {
            // Refused circles cannot come here; the bound keeps even them from looping.
            let mut root = index;
            for _ in self.subscriptions.indices() {
                let Some(renewed) = self.subscriptions.get(root)?.renews else { break };
                root = renewed;
            }
            self.subscriptions.get_mut(index)?.contract = ContractIndex(root);
        }
        Ok(())
    }

    fn add_order(
        &mut self,
        order: &'f ChangeOrder,
        subscription: Option<SubscriptionIndex>,
        facts: &'f CustomerFacts,
        voids: &mut Vec<Void>,
    ) -> Result<(), InternalError> {
        let mut void = |line_id: Option<&LineId>, reason| {
            let fact = FactKey::Order(order.change_order_id.clone());
            voids.push(Void { fact, line_id: line_id.cloned(), reason });
        };
        let Some(own) = subscription else {
            void(None, VoidReason::NotOnSubscription);
            return Ok(());
        };
        let subscription = self.subscriptions.get_mut(own)?;
        if order.order_type == ChangeOrderType::Renewal {
            subscription.renewals.push(order);
        }
        if order.entries.is_empty() {
            for &line in &subscription.lines {
                self.lines.get_mut(line)?.orders.push(LineOrder { order, entry: None });
            }
        }
        for entry in &order.entries {
            let found = self.lines.search(|indexed| indexed.line.line_id.cmp(&entry.line_id));
            let found = found.map(|line| self.lines.get_mut(line)).transpose()?;
            if let Some(indexed) = found.filter(|indexed| indexed.subscription == own) {
                indexed.orders.push(LineOrder { order, entry: Some(entry) });
            } else {
                let reason = facts.lines.get(&entry.line_id).and_then(not_recurring);
                void(Some(&entry.line_id), reason.unwrap_or(VoidReason::NotOnSubscription));
            }
        }
        Ok(())
    }
}

fn not_recurring(line: &SubscriptionLine) -> Option<VoidReason> {
    match line.charge_kind {
        ChargeKind::Recurring => None,
        kind @ (ChargeKind::OneTime | ChargeKind::Usage) => Some(VoidReason::NotRecurring(kind)),
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
