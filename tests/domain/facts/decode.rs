//! Raw facts → facts. Only what is valid is decoded: anything else panics and names the text.
//!
//! The program's own decoder checks and reports; that both read the same is a test of the suite.

use std::fmt::Debug;

use chrono::NaiveDate;
use deltabook::domain::facts::fact::{
    ChangeOrder, ChangeOrderType, Charge, ChargeKind, ChargeStatus, Customer, Fact, ModificationType, OrderEntry,
    Override, OverrideTarget, PriceStep, SubscriptionLine, TermsChange,
};
use deltabook::domain::facts::interval::{Interval, IntervalUnit};
use deltabook::domain::ids::{ChangeOrderId, ChargeId, Currency, CustomerId, ItemId, LineId, SubscriptionId};
use deltabook::domain::journal::movement::{Level, Levels, Subcategory};
use deltabook::domain::number::{Amount, Discount, Percent, Quantity};

use super::raw::{
    RawChangeOrder, RawCharge, RawCustomer, RawDiscount, RawEntry, RawFact, RawInterval, RawOverride, RawPriceStep,
    RawSubscriptionLine,
};

pub fn fact(raw: &RawFact) -> Fact {
    match raw {
        RawFact::Customer(raw) => Fact::Customer(customer(raw)),
        RawFact::SubscriptionLine(raw) => Fact::Line(line(raw)),
        RawFact::ChangeOrder(raw) => Fact::Order(order(raw)),
        RawFact::Charge(raw) => Fact::Charge(charge(raw)),
        RawFact::Override(raw) => Fact::Override(override_of_cause(raw)),
    }
}

/// A fact as JSON: `{"subscription_line": {…}}`.
pub fn json(json: serde_json::Value) -> Fact {
    fact(&serde_json::from_value(json).unwrap())
}

fn read<T, E: Debug>(text: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> T {
    parse(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

fn word<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> T {
    parse(text).unwrap_or_else(|| panic!("{text:?} is not one of its words"))
}

fn date(text: &str) -> NaiveDate {
    read(text, str::parse)
}

/// None where the text is empty.
fn optional<T>(text: &str, parse: impl FnOnce(&str) -> T) -> Option<T> {
    (!text.is_empty()).then(|| parse(text))
}

fn customer(raw: &RawCustomer) -> Customer {
    Customer {
        customer_id: read(&raw.customer_id, CustomerId::parse),
        revision: raw.revision,
        name: raw.name.clone(),
        identity: raw.identity.clone(),
        attributes: raw.attributes.clone(),
    }
}

fn line(raw: &RawSubscriptionLine) -> SubscriptionLine {
    SubscriptionLine {
        line_id: read(&raw.line_id, LineId::parse),
        revision: raw.revision,
        subscription_id: read(&raw.subscription_id, SubscriptionId::parse),
        customer_id: read(&raw.customer_id, CustomerId::parse),
        item_id: read(&raw.item_id, ItemId::parse),
        charge_kind: word(&raw.charge_kind, ChargeKind::parse),
        currency: read(&raw.currency, Currency::parse),
        start_date: date(&raw.start_date),
        end_date: optional(&raw.end_date, date),
        trial_end_date: optional(&raw.trial_end_date, date),
        pending_activation: raw.pending_activation,
        renews_subscription_id: optional(&raw.renews_subscription_id, |id| read(id, SubscriptionId::parse)),
        price_steps: price_steps(raw),
        attributes: raw.attributes.clone(),
    }
}

/// By date, where a step without a date is of the start of the line.
fn price_steps(raw: &RawSubscriptionLine) -> Vec<PriceStep> {
    let step = |raw: &RawPriceStep| PriceStep {
        start_date: optional(&raw.start_date, date),
        terms: terms(&RawEntry {
            line_id: String::new(),
            quantity: raw.quantity.clone(),
            unit_price: raw.unit_price.clone(),
            discount: raw.discount.clone(),
            interval: raw.interval.clone(),
            item_id: String::new(),
        }),
    };
    let mut steps: Vec<PriceStep> = raw.price_steps.iter().map(step).collect();
    steps.sort_by_key(|step| step.start_date.unwrap_or_else(|| date(&raw.start_date)));
    steps
}

fn terms(raw: &RawEntry) -> TermsChange {
    TermsChange {
        quantity: optional(&raw.quantity, |text| read(text, Quantity::parse)),
        unit_price: optional(&raw.unit_price, |text| read(text, Amount::parse)),
        discount: raw.discount.as_ref().map(discount),
        interval: raw.interval.as_ref().map(interval),
        item_id: optional(&raw.item_id, |text| read(text, ItemId::parse)),
    }
}

fn discount(raw: &RawDiscount) -> Discount {
    match (raw.percent.as_str(), raw.amount.as_str()) {
        (percent, "") => Discount::Percent(read(percent, Percent::parse)),
        ("", amount) => Discount::Amount(read(amount, Amount::parse_not_negative)),
        (_, _) => panic!("{raw:?} has both"),
    }
}

fn interval(raw: &RawInterval) -> Interval {
    Interval::new(word(&raw.unit, IntervalUnit::parse), raw.count).unwrap()
}

fn order(raw: &RawChangeOrder) -> ChangeOrder {
    let entry = |raw: &RawEntry| OrderEntry { line_id: read(&raw.line_id, LineId::parse), terms: terms(raw) };
    ChangeOrder {
        change_order_id: read(&raw.change_order_id, ChangeOrderId::parse),
        revision: raw.revision,
        customer_id: read(&raw.customer_id, CustomerId::parse),
        subscription_id: read(&raw.subscription_id, SubscriptionId::parse),
        order_type: word(&raw.r#type, ChangeOrderType::parse),
        effective_date: date(&raw.effective_date),
        end_of_day: raw.end_of_day,
        entries: raw.entries.iter().map(entry).collect(),
        renewal_end_date: optional(&raw.renewal_end_date, date),
        modification_type: optional(&raw.modification_type, |text| word(text, ModificationType::parse)),
        voided: raw.voided,
        memo: raw.memo.clone(),
    }
}

fn charge(raw: &RawCharge) -> Charge {
    Charge {
        charge_id: read(&raw.charge_id, ChargeId::parse),
        revision: raw.revision,
        customer_id: read(&raw.customer_id, CustomerId::parse),
        subscription_id: optional(&raw.subscription_id, |id| read(id, SubscriptionId::parse)),
        status: word(&raw.status, ChargeStatus::parse),
        amount: read(&raw.amount, Amount::parse_not_negative),
        currency: read(&raw.currency, Currency::parse),
        description: raw.description.clone(),
        occurred_at: read(&raw.occurred_at, str::parse),
    }
}

fn override_of_cause(raw: &RawOverride) -> Override {
    let levels: Vec<Level> = raw.levels.iter().map(|level| word(level, Level::parse)).collect();
    Override {
        customer_id: read(&raw.customer_id, CustomerId::parse),
        target: target(raw),
        revision: raw.revision,
        modification_type: optional(&raw.modification_type, |text| word(text, ModificationType::parse)),
        // R13: CONTRACT where no level is named.
        levels: Levels::of(&levels).unwrap_or(Levels::Contract),
        subcategory: optional(&raw.subcategory, |text| word(text, Subcategory::parse)),
        reason: raw.reason.clone(),
    }
}

fn target(raw: &RawOverride) -> OverrideTarget {
    let line = |id: &str| read(id, LineId::parse);
    let targets = [
        optional(&raw.change_order_id, |id| OverrideTarget::ChangeOrder(read(id, ChangeOrderId::parse))),
        optional(&raw.line_start, |id| OverrideTarget::LineStart(line(id))),
        raw.price_step.as_ref().map(|step| OverrideTarget::PriceStep(line(&step.line_id), date(&step.start_date))),
        optional(&raw.trial_end, |id| OverrideTarget::TrialEnd(line(id))),
        optional(&raw.natural_end, |id| OverrideTarget::NaturalEnd(line(id))),
    ];
    let mut targets = targets.into_iter().flatten();
    match (targets.next(), targets.next()) {
        (Some(target), None) => target,
        (_, _) => panic!("{raw:?} needs one cause"),
    }
}
