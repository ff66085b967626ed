//! The JSON of facts, as the files of the worked examples have it. Empty text and an absent field mean the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

/// The facts of a worked example, by kind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawFacts {
    pub customers: Vec<RawCustomer>,
    pub subscription_lines: Vec<RawSubscriptionLine>,
    pub change_orders: Vec<RawChangeOrder>,
    pub charges: Vec<RawCharge>,
    pub overrides: Vec<RawOverride>,
}

impl RawFacts {
    pub fn into_facts(self) -> impl Iterator<Item = RawFact> {
        let customers = self.customers.into_iter().map(RawFact::Customer);
        customers
            .chain(self.subscription_lines.into_iter().map(RawFact::SubscriptionLine))
            .chain(self.change_orders.into_iter().map(RawFact::ChangeOrder))
            .chain(self.charges.into_iter().map(RawFact::Charge))
            .chain(self.overrides.into_iter().map(RawFact::Override))
    }
}

macro_rules! raw {
    ($($name:ident { $($field:ident: $kind:ty,)* })*) => {$(
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                #[serde(skip_serializing_if = "is_default")]
                pub $field: $kind,
            )*
        }
    )*};
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

raw! {
    RawCustomer {
        customer_id: String,
        revision: u64,
        name: String,
        identity: String,
        attributes: BTreeMap<String, String>,
    }
    RawSubscriptionLine {
        line_id: String,
        revision: u64,
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
    RawPriceStep {
        start_date: String,
        quantity: String,
        unit_price: String,
        discount: Option<RawDiscount>,
        interval: Option<RawInterval>,
    }
    RawDiscount {
        percent: String,
        amount: String,
    }
    RawInterval {
        unit: String,
        count: u32,
    }
    RawChangeOrder {
        change_order_id: String,
        revision: u64,
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
    RawEntry {
        line_id: String,
        quantity: String,
        unit_price: String,
        discount: Option<RawDiscount>,
        interval: Option<RawInterval>,
        item_id: String,
    }
    RawCharge {
        charge_id: String,
        revision: u64,
        customer_id: String,
        subscription_id: String,
        status: String,
        amount: String,
        currency: String,
        description: String,
        occurred_at: String,
    }
    RawOverride {
        customer_id: String,
        revision: u64,
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
    RawStepName {
        line_id: String,
        start_date: String,
    }
}
