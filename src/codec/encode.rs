//! Facts → raw facts in canonical form: equal facts have equal JSON.

use chrono::{NaiveDate, SecondsFormat};

use crate::codec::dto::{
    RawChangeOrder, RawCharge, RawCustomer, RawDiscount, RawEntry, RawFact, RawInterval, RawOverride, RawPriceStep,
    RawStepName, RawSubscriptionLine,
};
use crate::domain::facts::fact::{
    ChangeOrder, Charge, Customer, Fact, Override, OverrideTarget, Revision, SubscriptionLine,
};
use crate::domain::facts::interval::Interval;
use crate::domain::number::Discount;

#[must_use]
pub fn fact(fact: &Fact) -> RawFact {
    match fact {
        Fact::Customer(it) => RawFact::Customer(customer(it)),
        Fact::Line(it) => RawFact::SubscriptionLine(line(it)),
        Fact::Order(it) => RawFact::ChangeOrder(order(it)),
        Fact::Charge(it) => RawFact::Charge(charge(it)),
        Fact::Override(it) => RawFact::Override(overridden(it)),
    }
}

/// Renders the canonical JSON of a fact.
#[must_use]
pub fn json(it: &Fact) -> String {
    // Text and numbers under fixed names: always valid JSON.
    serde_json::to_string(&fact(it)).unwrap_or_default()
}

fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn date(date: Option<NaiveDate>) -> String {
    shown(date.as_ref())
}

fn revision(revision: Revision) -> i64 {
    // Revisions are read from i64, so they fit.
    i64::try_from(revision).unwrap_or(i64::MAX)
}

#[must_use]
pub fn customer(customer: &Customer) -> RawCustomer {
    RawCustomer {
        customer_id: customer.customer_id.to_string(),
        revision: revision(customer.revision),
        name: customer.name.clone(),
        identity: customer.identity.clone(),
        attributes: customer.attributes.clone(),
    }
}

#[must_use]
pub fn line(line: &SubscriptionLine) -> RawSubscriptionLine {
    RawSubscriptionLine {
        line_id: line.line_id.to_string(),
        revision: revision(line.revision),
        subscription_id: line.subscription_id.to_string(),
        customer_id: line.customer_id.to_string(),
        item_id: line.item_id.to_string(),
        charge_kind: line.charge_kind.to_string(),
        currency: line.currency.to_string(),
        start_date: line.start_date.to_string(),
        end_date: date(line.end_date),
        trial_end_date: date(line.trial_end_date),
        pending_activation: line.pending_activation,
        renews_subscription_id: shown(line.renews_subscription_id.as_ref()),
        price_steps: line
            .price_steps
            .iter()
            .map(|step| RawPriceStep {
                start_date: date(step.start_date),
                quantity: shown(step.terms.quantity.as_ref()),
                unit_price: shown(step.terms.unit_price.as_ref()),
                discount: step.terms.discount.map(discount),
                interval: step.terms.interval.map(interval),
            })
            .collect(),
        attributes: line.attributes.clone(),
    }
}

#[must_use]
pub fn order(order: &ChangeOrder) -> RawChangeOrder {
    RawChangeOrder {
        change_order_id: order.change_order_id.to_string(),
        revision: revision(order.revision),
        customer_id: order.customer_id.to_string(),
        subscription_id: order.subscription_id.to_string(),
        r#type: order.order_type.to_string(),
        effective_date: order.effective_date.to_string(),
        end_of_day: order.end_of_day,
        entries: order
            .entries
            .iter()
            .map(|entry| RawEntry {
                line_id: entry.line_id.to_string(),
                quantity: shown(entry.terms.quantity.as_ref()),
                unit_price: shown(entry.terms.unit_price.as_ref()),
                discount: entry.terms.discount.map(discount),
                interval: entry.terms.interval.map(interval),
                item_id: shown(entry.terms.item_id.as_ref()),
            })
            .collect(),
        renewal_end_date: date(order.renewal_end_date),
        modification_type: shown(order.modification_type.as_ref()),
        voided: order.voided,
        memo: order.memo.clone(),
    }
}

#[must_use]
pub fn charge(charge: &Charge) -> RawCharge {
    RawCharge {
        charge_id: charge.charge_id.to_string(),
        revision: revision(charge.revision),
        customer_id: charge.customer_id.to_string(),
        subscription_id: shown(charge.subscription_id.as_ref()),
        status: charge.status.to_string(),
        amount: charge.amount.to_string(),
        currency: charge.currency.to_string(),
        description: charge.description.clone(),
        occurred_at: charge.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    }
}

fn overridden(over: &Override) -> RawOverride {
    let mut raw = RawOverride {
        customer_id: over.customer_id.to_string(),
        revision: revision(over.revision),
        modification_type: shown(over.modification_type.as_ref()),
        levels: over.levels.as_slice().iter().map(ToString::to_string).collect(),
        subcategory: shown(over.subcategory.as_ref()),
        reason: over.reason.clone(),
        ..RawOverride::default()
    };
    match &over.target {
        OverrideTarget::ChangeOrder(id) => raw.change_order_id = id.to_string(),
        OverrideTarget::LineStart(line) => raw.line_start = line.to_string(),
        OverrideTarget::TrialEnd(line) => raw.trial_end = line.to_string(),
        OverrideTarget::NaturalEnd(line) => raw.natural_end = line.to_string(),
        OverrideTarget::PriceStep(line, date) => {
            raw.price_step = Some(RawStepName { line_id: line.to_string(), start_date: date.to_string() });
        }
    }
    raw
}

#[must_use]
pub fn discount(discount: Discount) -> RawDiscount {
    match discount {
        Discount::Percent(percent) => RawDiscount { percent: percent.to_string(), amount: String::new() },
        Discount::Amount(amount) => RawDiscount { percent: String::new(), amount: amount.to_string() },
    }
}

#[must_use]
pub fn interval(interval: Interval) -> RawInterval {
    RawInterval { unit: interval.unit().to_string(), count: i64::from(interval.count()) }
}
