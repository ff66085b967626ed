//! Facts as text: JSON of files and of the database, and the target of decoded gRPC messages.
//!
//! Amounts, dates and names are strings here, not validated yet. Empty text, null and an absent
//! field are equal.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// One fact; in JSON `{"subscription_line": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawFact {
    Customer(RawCustomer),
    SubscriptionLine(RawSubscriptionLine),
    ChangeOrder(RawChangeOrder),
    Charge(RawCharge),
    Override(RawOverride),
}

impl RawFact {
    /// Names of the kinds, as in the JSON of a fact.
    pub const KINDS: [&str; 5] = ["customer", "subscription_line", "change_order", "charge", "override"];

    /// Name of the field that holds this kind of fact.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::SubscriptionLine(_) => "subscription_line",
            Self::ChangeOrder(_) => "change_order",
            Self::Charge(_) => "charge",
            Self::Override(_) => "override",
        }
    }
}

/// Facts in one JSON object, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawFacts {
    pub customers: Vec<RawCustomer>,
    pub subscription_lines: Vec<RawSubscriptionLine>,
    pub change_orders: Vec<RawChangeOrder>,
    pub charges: Vec<RawCharge>,
    pub overrides: Vec<RawOverride>,
}

impl RawFacts {
    /// Iterates over all facts, with the path of the field that holds each.
    pub fn into_facts(self) -> impl Iterator<Item = (String, RawFact)> {
        fn at<T>(field: &str, facts: Vec<T>, kind: fn(T) -> RawFact) -> impl Iterator<Item = (String, RawFact)> {
            facts.into_iter().enumerate().map(move |(index, fact)| (format!("{field}[{index}]"), kind(fact)))
        }
        at("customers", self.customers, RawFact::Customer)
            .chain(at("subscription_lines", self.subscription_lines, RawFact::SubscriptionLine))
            .chain(at("change_orders", self.change_orders, RawFact::ChangeOrder))
            .chain(at("charges", self.charges, RawFact::Charge))
            .chain(at("overrides", self.overrides, RawFact::Override))
    }
}

macro_rules! raw {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                #[serde(deserialize_with = "null_is_absent", skip_serializing_if = "is_default")]
                pub $field: $kind,
            )*
        }
    )*};
}

/// Accepts null for a field without a value, which many programs write.
fn null_is_absent<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(value: D) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

raw! {
    /// Customer.
    RawCustomer {
        customer_id: String,
        revision: i64,
        name: String,
        identity: String,
        attributes: BTreeMap<String, String>,
    }
    /// Item sold on a subscription.
    RawSubscriptionLine {
        line_id: String,
        revision: i64,
        subscription_id: String,
        customer_id: String,
        item_id: String,
        charge_kind: String,
        currency: String,
        start_date: String,
        end_date: String,
        trial_end_date: String,
        pending_activation: bool,
        renews_subscription_id: String,
        price_steps: Vec<RawPriceStep>,
        attributes: BTreeMap<String, String>,
    }
    /// Terms from a date on.
    RawPriceStep {
        start_date: String,
        quantity: String,
        unit_price: String,
        discount: Option<RawDiscount>,
        interval: Option<RawInterval>,
    }
    /// Discount by percentage or by amount.
    RawDiscount {
        percent: String,
        amount: String,
    }
    /// Billing interval.
    RawInterval {
        unit: String,
        count: i64,
    }
    /// Dated instruction on a subscription.
    RawChangeOrder {
        change_order_id: String,
        revision: i64,
        customer_id: String,
        subscription_id: String,
        r#type: String,
        effective_date: String,
        end_of_day: bool,
        entries: Vec<RawEntry>,
        renewal_end_date: String,
        modification_type: String,
        voided: bool,
        memo: String,
    }
    /// Line of an order, with the terms that it sets.
    RawEntry {
        line_id: String,
        quantity: String,
        unit_price: String,
        discount: Option<RawDiscount>,
        interval: Option<RawInterval>,
        item_id: String,
    }
    /// Payment, failed payment or refund.
    RawCharge {
        charge_id: String,
        revision: i64,
        customer_id: String,
        subscription_id: String,
        status: String,
        amount: String,
        currency: String,
        description: String,
        occurred_at: String,
    }
    /// Override of a cause: a change order, or one of the four other kinds.
    RawOverride {
        customer_id: String,
        revision: i64,
        change_order_id: String,
        line_start: String,
        price_step: Option<RawStepName>,
        trial_end: String,
        natural_end: String,
        modification_type: String,
        levels: Vec<String>,
        subcategory: String,
        reason: String,
    }
    /// Price step by its line and date.
    RawStepName {
        line_id: String,
        start_date: String,
    }
}
