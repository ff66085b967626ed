//! Movements as text: the records that the command line writes.

use serde::Serialize;

use crate::domain::movement::{Cause, Movement};

/// A movement with the names and spellings of the worked examples; amounts are decimal strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovementRecord {
    pub level: &'static str,
    pub customer_id: String,
    pub effective_date: String,
    pub currency: String,
    pub item_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_id: Option<String>,
    pub category: &'static str,
    pub subcategory: &'static str,
    pub mrr_delta: String,
    pub mrr_before: String,
    pub mrr_after: String,
    pub quantity_before: String,
    pub quantity_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity_effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewed_mrr: Option<String>,
    pub causes: Vec<String>,
    pub rules: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisional_until: Option<String>,
}

impl From<&Movement> for MovementRecord {
    fn from(movement: &Movement) -> Self {
        Self {
            level: movement.level.as_str(),
            customer_id: movement.customer_id.to_string(),
            effective_date: movement.effective_date.to_string(),
            currency: movement.currency.to_string(),
            item_id: movement.item_id.to_string(),
            subscription_id: movement.subscription_id.as_ref().map(ToString::to_string),
            line_id: movement.line_id.as_ref().map(ToString::to_string),
            category: movement.category.as_str(),
            subcategory: movement.subcategory.as_str(),
            mrr_delta: movement.delta.to_string(),
            mrr_before: movement.mrr_before.to_string(),
            mrr_after: movement.mrr_after.to_string(),
            quantity_before: movement.quantity_before.to_string(),
            quantity_after: movement.quantity_after.to_string(),
            quantity_effect: movement.effects.map(|effects| effects.quantity.to_string()),
            price_effect: movement.effects.map(|effects| effects.price.to_string()),
            renewed_mrr: movement.renewed_mrr.map(|renewed| renewed.to_string()),
            causes: movement.causes.iter().map(cause).collect(),
            rules: movement.rules.iter().map(|rule| rule.to_string()).collect(),
            provisional_until: movement.provisional_until.map(|date| date.to_string()),
        }
    }
}

/// A cause in a few words.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    match cause {
        Cause::LineStart(line) => format!("start of {line}"),
        Cause::TrialEnd(line) => format!("trial end of {line}"),
        Cause::PriceStep(line, date) => format!("price step {date} of {line}"),
        Cause::ChangeOrder(order) => format!("change order {order}"),
        Cause::NaturalEnd(line) => format!("natural end of {line}"),
        Cause::RenewalLink(line, by) => format!("{line} renewed by {by}"),
    }
}
