//! One row of CSV → one subscription line as text.

use std::collections::BTreeMap;

use super::csv_mapping::ATTRIBUTE_PREFIX;
use super::csv_price::{interval, spread};
use crate::domain::number::Amount;
use crate::form::raw::{RawDiscount, RawPriceStep, RawSubscriptionLine};
use crate::form::violation::Form;

/// A row's values by our columns.
pub(super) type Values<'r> = BTreeMap<&'r str, &'r str>;

pub(super) fn subscription_line(form: &mut Form, values: &Values<'_>) -> RawSubscriptionLine {
    let value = |column: &str| values.get(column).copied().unwrap_or_default().to_owned();
    let mut attributes: BTreeMap<String, String> = values
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(column, value)| Some((column.strip_prefix(ATTRIBUTE_PREFIX)?.to_owned(), (*value).to_owned())))
        .collect();
    let (step, lost_quantity) = price_step(form, values);
    if let Some(quantity) = lost_quantity {
        attributes.entry("quantity".to_owned()).or_insert(quantity);
    }
    RawSubscriptionLine {
        line_id: value("line_id"),
        revision: form.take("revision", revision(&value("revision"))).unwrap_or_default(),
        subscription_id: value("subscription_id"),
        customer_id: value("customer_id"),
        item_id: value("item_id"),
        charge_kind: value("charge_kind"),
        currency: value("currency"),
        start_date: value("start_date"),
        end_date: value("end_date"),
        trial_end_date: value("trial_end_date"),
        pending_activation: form
            .take("pending_activation", yes_or_no(&value("pending_activation")))
            .unwrap_or_default(),
        renews_subscription_id: value("renews_subscription_id"),
        price_steps: vec![step],
        attributes,
    }
}

fn revision(text: &str) -> Result<i64, &'static str> {
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| "is not a whole number") }
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" | "" => Ok(false),
        _ => Err("is none of true, false, yes, no, 1 and 0"),
    }
}

fn price_step(form: &mut Form, values: &Values<'_>) -> (RawPriceStep, Option<String>) {
    let value = |column: &str| values.get(column).copied().unwrap_or_default().to_owned();
    let (percent, off) = (value("discount_percent"), value("discount_amount"));
    let unit = value("interval");
    let interval = if unit.is_empty() {
        None
    } else {
        form.take("interval", interval(&unit).ok_or("is not an interval such as MONTH, YEAR, 3 MONTH or quarterly"))
    };
    let step = RawPriceStep {
        start_date: String::new(),
        quantity: value("quantity"),
        unit_price: value("unit_price"),
        discount: (!percent.is_empty() || !off.is_empty()).then_some(RawDiscount { percent, amount: off }),
        interval,
    };
    let amount = value("amount");
    if amount.is_empty() {
        return (step, None);
    }
    form.require(step.unit_price.is_empty(), "amount", "stands beside a unit_price; give one of them");
    match form.take("amount", Amount::parse(&amount)) {
        Some(amount) => spread(step, amount),
        // The amount is what is wrong, not a missing price.
        None => (RawPriceStep { unit_price: "0".to_owned(), ..step }, None),
    }
}
