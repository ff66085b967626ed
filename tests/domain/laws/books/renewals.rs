//! R9 in the slow books: renewal by order moves natural ends, renewal by link sets ends.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use deltabook::domain::facts::customer_facts::CustomerFacts;
use deltabook::domain::facts::fact::{ChangeOrder, ChangeOrderType};
use deltabook::domain::ids::{Currency, ItemId, LineId, SubscriptionId};

use super::{Books, Life};

impl<'f> Books<'f> {
    /// By order, one RENEWAL after the other.
    pub(super) fn renew(&mut self) {
        let is_renewal = |order: &&ChangeOrder| order.order_type == ChangeOrderType::Renewal && !order.voided;
        let mut renewals: Vec<&ChangeOrder> = self.facts.orders.values().filter(is_renewal).collect();
        renewals.sort_by_key(|order| (order.acts_on(), &order.change_order_id));
        for renewal in renewals {
            for line in self.covered(renewal) {
                let life = self.lives.get_mut(line).unwrap();
                let not_after = life.natural_end.map_or(renewal.acts_on(), |end| end.max(renewal.acts_on()));
                if renewal.renewal_end_date.is_none_or(|end| end > not_after) {
                    life.natural_end = renewal.renewal_end_date;
                    life.renewals.push(renewal);
                }
            }
        }
    }

    fn covered(&self, renewal: &ChangeOrder) -> Vec<&'f LineId> {
        let date = renewal.acts_on();
        let of_subscription: Vec<(&LineId, &Life)> = self
            .lives
            .iter()
            .filter(|(_, life)| life.line.subscription_id == renewal.subscription_id)
            .map(|(id, life)| (*id, life))
            .collect();
        let chosen: Vec<(&LineId, &Life)> = if renewal.entries.is_empty() {
            let yesterday = date.pred_opt().unwrap();
            let in_force: Vec<_> =
                of_subscription.iter().copied().filter(|(_, life)| self.in_force(life, yesterday)).collect();
            let ended = |life: &Life<'f>| self.ended_naturally(life).filter(|end| *end < date);
            let last = of_subscription.iter().filter_map(|(_, life)| ended(life)).max();
            let ended_last =
                || of_subscription.iter().copied().filter(|(_, life)| last.is_some() && ended(life) == last);
            if in_force.is_empty() { ended_last().collect() } else { in_force }
        } else {
            let named = |id: &LineId| renewal.entry(id).is_some();
            of_subscription.into_iter().filter(|(id, life)| named(id) && life.start <= date).collect()
        };
        let not_terminated = |life: &Life<'f>| self.termination(life.line).is_none_or(|terminated| terminated > date);
        chosen.into_iter().filter(|(_, life)| not_terminated(life)).map(|(id, _)| id).collect()
    }

    /// The natural end, where that is the line's own end.
    fn ended_naturally(&self, life: &Life<'f>) -> Option<NaiveDate> {
        let natural = life.natural_end?;
        self.termination(life.line).is_none_or(|terminated| terminated > natural).then_some(natural)
    }

    /// By link: the earliest renewing lines take the lines that they renew.
    pub(super) fn link(&mut self) {
        let own: BTreeMap<&LineId, Life<'f>> = self.lives.clone();
        let mut taken: BTreeSet<&LineId> = BTreeSet::new();
        for (date, subscription, item, currency) in self.beginnings() {
            let renewed = renews(self.facts, subscription).unwrap();
            for (id, life) in own.iter().filter(|(_, life)| life.line.subscription_id == *renewed) {
                if life.line.currency == currency && self.can_be_renewed(life, date, item) && taken.insert(id) {
                    self.lives.get_mut(id).unwrap().link = Some(date);
                }
            }
        }
    }

    /// When lines of renewing subscriptions begin to count, with the item at the end of that date.
    fn beginnings(&self) -> BTreeSet<(NaiveDate, &'f SubscriptionId, &'f ItemId, Currency)> {
        let renewing = self.lives.values().filter(|life| renews(self.facts, &life.line.subscription_id).is_some());
        renewing
            .filter_map(|life| {
                let date = self.begins(life)?;
                let line = life.line;
                Some((date, &line.subscription_id, self.standing(life, date).item, line.currency))
            })
            .collect()
    }

    /// Ever counted before, the same item on the day before, and ended naturally by the date or not ended before it.
    fn can_be_renewed(&self, life: &Life<'f>, date: NaiveDate, item: &ItemId) -> bool {
        let yesterday = date.pred_opt().unwrap();
        self.begins(life).is_some_and(|begins| begins < date)
            && self.item(life, yesterday) == item
            && (self.end(life).is_none_or(|end| end >= date) || self.ended_naturally(life).is_some())
    }
}

/// The subscription that another renews; any of its lines says so.
pub fn renews<'f>(facts: &'f CustomerFacts, subscription: &SubscriptionId) -> Option<&'f SubscriptionId> {
    let mut lines = facts.lines.values().filter(|line| line.subscription_id == *subscription);
    lines.find_map(|line| line.renews_subscription_id.as_ref())
}
