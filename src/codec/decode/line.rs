//! Subscription line and its price steps.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::codec::decode::field_parsers::{MAX_PARTS, RawTerms, attributes, date, optional, revision, terms, word_of};
use crate::codec::dto::{RawPriceStep, RawSubscriptionLine};
use crate::codec::validation::Form;
use crate::domain::facts::fact::{ChargeKind, PriceStep, SubscriptionLine};
use crate::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId};

pub(in crate::codec) fn line(form: &mut Form, raw: &RawSubscriptionLine) -> Option<SubscriptionLine> {
    let line_id = form.take("line_id", LineId::parse(&raw.line_id));
    let revision = revision(form, raw.revision);
    let subscription_id = form.take("subscription_id", SubscriptionId::parse(&raw.subscription_id));
    let customer_id = form.take("customer_id", CustomerId::parse(&raw.customer_id));
    let item_id = form.take("item_id", ItemId::parse(&raw.item_id));
    let charge_kind = form.take("charge_kind", word_of!(ChargeKind, &raw.charge_kind));
    let currency = form.take("currency", Currency::parse(&raw.currency));
    let start_date = form.take("start_date", date(&raw.start_date));
    let end_date = optional(form, "end_date", &raw.end_date, date);
    let trial_end_date = optional(form, "trial_end_date", &raw.trial_end_date, date);
    let renews = optional(form, "renews_subscription_id", &raw.renews_subscription_id, SubscriptionId::parse);
    let price_steps = price_steps(form, &raw.price_steps, start_date);
    let attributes = attributes(form, &raw.attributes);
    if let (Some(start), Some(Some(end))) = (start_date, end_date) {
        form.require(start <= end, "end_date", "is before the start_date");
    }
    let renews_itself = !raw.subscription_id.is_empty() && raw.renews_subscription_id == raw.subscription_id;
    form.require(!renews_itself, "renews_subscription_id", "is the line's own subscription");
    Some(SubscriptionLine {
        line_id: line_id?,
        revision: revision?,
        subscription_id: subscription_id?,
        customer_id: customer_id?,
        item_id: item_id?,
        charge_kind: charge_kind?,
        currency: currency?,
        start_date: start_date?,
        end_date: end_date?,
        trial_end_date: trial_end_date?,
        pending_activation: raw.pending_activation,
        renews_subscription_id: renews?,
        price_steps: price_steps?,
        attributes: attributes?,
    })
}

/// Orders the steps by date; one without a date has the line's start date. The first one has all terms.
fn price_steps(form: &mut Form, raw: &[RawPriceStep], line_start: Option<NaiveDate>) -> Option<Vec<PriceStep>> {
    if raw.is_empty() || raw.len() > MAX_PARTS {
        form.refuse("price_steps", format!("needs 1 to {MAX_PARTS} steps"));
        return None;
    }
    let read: Vec<Option<PriceStep>> = raw
        .iter()
        .enumerate()
        .map(|(index, step)| form.entry("price_steps", index, |form| price_step(form, step)))
        .collect();
    let mut dates = BTreeSet::new();
    for (index, step) in read.iter().enumerate() {
        if let Some(step) = step {
            let is_first = dates.insert(step.start_date.or(line_start));
            form.require(is_first, &format_args!("price_steps[{index}].start_date"), "is the date of another step too");
        }
    }
    let mut order: Vec<(usize, PriceStep)> =
        read.into_iter().enumerate().map(|(index, step)| Some((index, step?))).collect::<Option<_>>()?;
    order.sort_by_key(|(_, step)| step.start_date.or(line_start));
    if let Some((index, first)) = order.first() {
        for (field, present) in [
            ("quantity", first.terms.quantity.is_some()),
            ("unit_price", first.terms.unit_price.is_some()),
            ("interval", first.terms.interval.is_some()),
        ] {
            form.require(present, &format_args!("price_steps[{index}].{field}"), "is required in the first step");
        }
    }
    Some(order.into_iter().map(|(_, step)| step).collect())
}

fn price_step(form: &mut Form, raw: &RawPriceStep) -> Option<PriceStep> {
    let start_date = optional(form, "start_date", &raw.start_date, date);
    let terms = terms(
        form,
        &RawTerms {
            quantity: &raw.quantity,
            unit_price: &raw.unit_price,
            discount: raw.discount.as_ref(),
            interval: raw.interval.as_ref(),
            item_id: "",
        },
    );
    Some(PriceStep { start_date: start_date?, terms: terms? })
}
