//! Wire → raw facts and queries. Facts are believed only after `form::decode`.

use super::status::invalid_field;
use super::v1;
use crate::domain::ids::{Currency, CustomerId, ItemId, SubscriptionId};
use crate::domain::movement::{Category, Level, Subcategory};
use crate::form::decode::parse_date;
use crate::form::raw::{
    RawChangeOrder, RawCharge, RawCustomer, RawDiscount, RawEntry, RawFact, RawInterval, RawPriceStep,
    RawSubscriptionLine,
};
use crate::form::violation::{Form, Violation};
use crate::store::movement_page::MovementFilter;

/// The fact of a message, or None for a message without one.
pub(super) fn fact(fact: v1::Fact) -> Option<RawFact> {
    Some(match fact.kind? {
        v1::fact::Kind::Customer(it) => RawFact::Customer(RawCustomer {
            customer_id: it.customer_id,
            revision: it.revision,
            name: it.name,
            identity: it.identity,
            attributes: it.attributes,
        }),
        v1::fact::Kind::SubscriptionLine(it) => RawFact::SubscriptionLine(line(it)),
        v1::fact::Kind::ChangeOrder(it) => RawFact::ChangeOrder(order(it)),
        v1::fact::Kind::Charge(it) => RawFact::Charge(charge(it)),
    })
}

/// The word of an enum value as files spell it; empty for UNSPECIFIED, the number for one that is not known.
fn word<E: TryFrom<i32>>(value: i32, prefix: &str, name: impl Fn(&E) -> &'static str) -> String {
    if value == 0 {
        return String::new();
    }
    E::try_from(value)
        .map_or_else(|_| value.to_string(), |known| name(&known).strip_prefix(prefix).unwrap_or_default().to_owned())
}

fn line(it: v1::SubscriptionLine) -> RawSubscriptionLine {
    RawSubscriptionLine {
        line_id: it.line_id,
        revision: it.revision,
        subscription_id: it.subscription_id,
        customer_id: it.customer_id,
        item_id: it.item_id,
        charge_kind: word::<v1::ChargeKind>(it.charge_kind, "CHARGE_KIND_", v1::ChargeKind::as_str_name),
        currency: it.currency,
        start_date: it.start_date,
        end_date: it.end_date,
        trial_end_date: it.trial_end_date,
        pending_activation: it.pending_activation,
        renews_subscription_id: it.renews_subscription_id,
        price_steps: it
            .price_steps
            .into_iter()
            .map(|step| RawPriceStep {
                start_date: step.start_date,
                quantity: step.quantity,
                unit_price: step.unit_price,
                discount: step.discount.map(discount),
                interval: step.interval.map(interval),
            })
            .collect(),
        attributes: it.attributes,
    }
}

fn order(it: v1::ChangeOrder) -> RawChangeOrder {
    RawChangeOrder {
        change_order_id: it.change_order_id,
        revision: it.revision,
        customer_id: it.customer_id,
        subscription_id: it.subscription_id,
        r#type: word::<v1::ChangeOrderType>(it.r#type, "CHANGE_ORDER_TYPE_", v1::ChangeOrderType::as_str_name),
        effective_date: it.effective_date,
        end_of_day: it.end_of_day,
        entries: it
            .entries
            .into_iter()
            .map(|entry| RawEntry {
                line_id: entry.line_id,
                quantity: entry.quantity,
                unit_price: entry.unit_price,
                discount: entry.discount.map(discount),
                interval: entry.interval.map(interval),
                item_id: entry.item_id,
            })
            .collect(),
        renewal_end_date: it.renewal_end_date,
        modification_type: word::<v1::ModificationType>(
            it.modification_type,
            "MODIFICATION_TYPE_",
            v1::ModificationType::as_str_name,
        ),
        voided: it.voided,
        memo: it.memo,
    }
}

fn charge(it: v1::Charge) -> RawCharge {
    RawCharge {
        charge_id: it.charge_id,
        revision: it.revision,
        customer_id: it.customer_id,
        subscription_id: it.subscription_id,
        status: word::<v1::ChargeStatus>(it.status, "CHARGE_STATUS_", v1::ChargeStatus::as_str_name),
        amount: it.amount,
        currency: it.currency,
        description: it.description,
        occurred_at: it.occurred_at.map(instant).unwrap_or_default(),
    }
}

/// RFC 3339; a timestamp out of its range becomes text that the check refuses.
fn instant(it: prost_types::Timestamp) -> String {
    u32::try_from(it.nanos)
        .ok()
        .and_then(|nanos| chrono::DateTime::from_timestamp(it.seconds, nanos))
        .map_or_else(|| "out of range".to_owned(), |instant| instant.to_rfc3339())
}

fn discount(it: v1::Discount) -> RawDiscount {
    let (mut percent, mut amount) = (String::new(), String::new());
    match it.value {
        Some(v1::discount::Value::Percent(it)) => percent = it,
        Some(v1::discount::Value::Amount(it)) => amount = it,
        None => {}
    }
    RawDiscount { percent, amount }
}

fn interval(it: v1::Interval) -> RawInterval {
    let unit = word::<v1::IntervalUnit>(it.unit, "INTERVAL_UNIT_", v1::IntervalUnit::as_str_name);
    RawInterval { unit, count: i64::from(it.count) }
}

/// A level of a query; None for UNSPECIFIED.
pub(super) fn level(value: i32) -> Result<Option<Level>, &'static str> {
    match v1::Level::try_from(value) {
        Ok(v1::Level::Unspecified) => Ok(None),
        Ok(v1::Level::Contract) => Ok(Some(Level::Contract)),
        Ok(v1::Level::Customer) => Ok(Some(Level::Customer)),
        Err(_) => Err("is not a level"),
    }
}

/// A field of a query that may be empty.
pub(super) fn optional<T, E: std::fmt::Display>(
    form: &mut Form,
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    if text.is_empty() { None } else { form.take(field, parse(text)) }
}

pub(super) fn filter(it: &v1::MovementFilter) -> Result<MovementFilter, Vec<Violation>> {
    let mut form = Form::at("filter");
    let filter = MovementFilter {
        level: form.take("level", level(it.level)).flatten(),
        categories: words(&mut form, "categories", &it.categories, |value| {
            Category::parse(&word::<v1::ImpactCategory>(value, "IMPACT_CATEGORY_", v1::ImpactCategory::as_str_name))
        }),
        subcategories: words(&mut form, "subcategories", &it.subcategories, |value| {
            Subcategory::parse(&word::<v1::ImpactSubcategory>(
                value,
                "IMPACT_SUBCATEGORY_",
                v1::ImpactSubcategory::as_str_name,
            ))
        }),
        effective_from: optional(&mut form, "effective_from", &it.effective_from, parse_date),
        effective_to: optional(&mut form, "effective_to", &it.effective_to, parse_date),
        customer_id: optional(&mut form, "customer_id", &it.customer_id, CustomerId::parse),
        subscription_id: optional(&mut form, "subscription_id", &it.subscription_id, SubscriptionId::parse),
        item_id: optional(&mut form, "item_id", &it.item_id, ItemId::parse),
        currency: optional(&mut form, "currency", &it.currency, Currency::parse),
        live_only: it.live_only,
    };
    form.finish(Some(filter))
}

/// The most values that a filter may list.
const MAX_WORDS: usize = 100;

fn words<T>(form: &mut Form, field: &str, values: &[i32], parse: impl Fn(i32) -> Option<T>) -> Vec<T> {
    if values.len() > MAX_WORDS {
        form.refuse(field, format!("has more than {MAX_WORDS} values"));
        return Vec::new();
    }
    let read = values.iter().enumerate().filter_map(|(index, value)| {
        form.take(&format!("{field}[{index}]"), parse(*value).ok_or("is not a known value"))
    });
    read.collect()
}

/// A movement id: a place in the journal.
pub(super) fn movement_id(text: &str) -> Result<i64, tonic::Status> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sequence = text.parse().ok().filter(|_| digits);
    sequence.ok_or_else(|| invalid_field("movement_id", "is not a movement id: a whole number above 0"))
}
