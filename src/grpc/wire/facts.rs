//! Facts on the wire ↔ raw facts, which `codec::decode` validates.

use chrono::DateTime;

use crate::codec::dto::{
    RawChangeOrder, RawCharge, RawCustomer, RawDiscount, RawEntry, RawFact, RawInterval, RawPriceStep,
    RawSubscriptionLine,
};
use crate::grpc::v1;
use crate::grpc::wire::timestamp;
use crate::grpc::wire::wire_enum::WireEnum;

/// Converts the fact of a message; None for a message without one.
#[must_use]
pub fn from_wire(fact: v1::Fact) -> Option<RawFact> {
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

fn line(it: v1::SubscriptionLine) -> RawSubscriptionLine {
    RawSubscriptionLine {
        line_id: it.line_id,
        revision: it.revision,
        subscription_id: it.subscription_id,
        customer_id: it.customer_id,
        item_id: it.item_id,
        charge_kind: v1::ChargeKind::spelling(it.charge_kind),
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
        r#type: v1::ChangeOrderType::spelling(it.r#type),
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
        modification_type: v1::ModificationType::spelling(it.modification_type),
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
        status: v1::ChargeStatus::spelling(it.status),
        amount: it.amount,
        currency: it.currency,
        description: it.description,
        occurred_at: it.occurred_at.map(instant).unwrap_or_default(),
    }
}

/// Renders RFC 3339; a timestamp out of range becomes text that validation refuses.
fn instant(it: prost_types::Timestamp) -> String {
    u32::try_from(it.nanos)
        .ok()
        .and_then(|nanos| DateTime::from_timestamp(it.seconds, nanos))
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
    let unit = v1::IntervalUnit::spelling(it.unit);
    RawInterval { unit, count: i64::from(it.count) }
}

/// Raw fact that no message can hold.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("an override is no message of RecordFacts")]
    Override,
    #[error("{field}: {text:?} has no value on the wire")]
    Field { field: &'static str, text: String },
}

impl EncodeError {
    fn field(field: &'static str, text: impl ToString) -> Self {
        Self::Field { field, text: text.to_string() }
    }
}

/// The number of a short name; 0, UNSPECIFIED, for none.
fn number<E: WireEnum>(field: &'static str, name: &str) -> Result<i32, EncodeError> {
    if name.is_empty() {
        return Ok(0);
    }
    E::from_short_name(name).map(Into::into).ok_or_else(|| EncodeError::field(field, name))
}

/// Converts a fact to a message.
pub fn to_wire(fact: RawFact) -> Result<v1::Fact, EncodeError> {
    let kind = match fact {
        RawFact::Customer(it) => v1::fact::Kind::Customer(customer_to_wire(it)),
        RawFact::SubscriptionLine(it) => v1::fact::Kind::SubscriptionLine(line_to_wire(it)?),
        RawFact::ChangeOrder(it) => v1::fact::Kind::ChangeOrder(order_to_wire(it)?),
        RawFact::Charge(it) => v1::fact::Kind::Charge(charge_to_wire(it)?),
        RawFact::Override(_) => return Err(EncodeError::Override),
    };
    Ok(v1::Fact { kind: Some(kind) })
}

pub(in crate::grpc) fn customer_to_wire(it: RawCustomer) -> v1::Customer {
    v1::Customer {
        customer_id: it.customer_id,
        revision: it.revision,
        name: it.name,
        identity: it.identity,
        attributes: it.attributes,
    }
}

pub(in crate::grpc) fn line_to_wire(it: RawSubscriptionLine) -> Result<v1::SubscriptionLine, EncodeError> {
    Ok(v1::SubscriptionLine {
        line_id: it.line_id,
        revision: it.revision,
        subscription_id: it.subscription_id,
        customer_id: it.customer_id,
        item_id: it.item_id,
        charge_kind: number::<v1::ChargeKind>("charge_kind", &it.charge_kind)?,
        currency: it.currency,
        start_date: it.start_date,
        end_date: it.end_date,
        trial_end_date: it.trial_end_date,
        pending_activation: it.pending_activation,
        renews_subscription_id: it.renews_subscription_id,
        price_steps: it
            .price_steps
            .into_iter()
            .map(|step| {
                Ok(v1::PriceStep {
                    start_date: step.start_date,
                    quantity: step.quantity,
                    unit_price: step.unit_price,
                    discount: step.discount.map(discount_to_wire),
                    interval: step.interval.map(interval_to_wire).transpose()?,
                })
            })
            .collect::<Result<_, EncodeError>>()?,
        attributes: it.attributes,
    })
}

pub(in crate::grpc) fn order_to_wire(it: RawChangeOrder) -> Result<v1::ChangeOrder, EncodeError> {
    Ok(v1::ChangeOrder {
        change_order_id: it.change_order_id,
        revision: it.revision,
        customer_id: it.customer_id,
        subscription_id: it.subscription_id,
        r#type: number::<v1::ChangeOrderType>("type", &it.r#type)?,
        effective_date: it.effective_date,
        end_of_day: it.end_of_day,
        entries: it
            .entries
            .into_iter()
            .map(|entry| {
                Ok(v1::ChangeOrderEntry {
                    line_id: entry.line_id,
                    quantity: entry.quantity,
                    unit_price: entry.unit_price,
                    discount: entry.discount.map(discount_to_wire),
                    interval: entry.interval.map(interval_to_wire).transpose()?,
                    item_id: entry.item_id,
                })
            })
            .collect::<Result<_, EncodeError>>()?,
        renewal_end_date: it.renewal_end_date,
        modification_type: number::<v1::ModificationType>("modification_type", &it.modification_type)?,
        voided: it.voided,
        memo: it.memo,
    })
}

pub(in crate::grpc) fn charge_to_wire(it: RawCharge) -> Result<v1::Charge, EncodeError> {
    let occurred_at = match it.occurred_at.as_str() {
        "" => None,
        text => {
            let at = DateTime::parse_from_rfc3339(text).map_err(|_| EncodeError::field("occurred_at", text))?;
            Some(timestamp::instant(at.to_utc()))
        }
    };
    Ok(v1::Charge {
        charge_id: it.charge_id,
        revision: it.revision,
        customer_id: it.customer_id,
        subscription_id: it.subscription_id,
        status: number::<v1::ChargeStatus>("status", &it.status)?,
        amount: it.amount,
        currency: it.currency,
        description: it.description,
        occurred_at,
    })
}

pub(in crate::grpc) fn discount_to_wire(it: RawDiscount) -> v1::Discount {
    let value = if it.percent.is_empty() {
        v1::discount::Value::Amount(it.amount)
    } else {
        v1::discount::Value::Percent(it.percent)
    };
    v1::Discount { value: Some(value) }
}

pub(in crate::grpc) fn interval_to_wire(it: RawInterval) -> Result<v1::Interval, EncodeError> {
    Ok(v1::Interval {
        unit: number::<v1::IntervalUnit>("interval.unit", &it.unit)?,
        count: i32::try_from(it.count).map_err(|_| EncodeError::field("interval.count", it.count))?,
    })
}
