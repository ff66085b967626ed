//! Calls of Segment's specification, which Intilery shares.

use chrono::SecondsFormat;
use serde::Serialize;

use crate::codec::envelope::Envelope;
use crate::events::event_filter::Choice;
use crate::events::sink::properties::{Names, Properties, number, text};

/// As the B2B SaaS specifications write names.
pub const NAMES: Names = Names {
    account_name: Some("account_name"),
    plan: "plan_name",
    trial_plan: "trial_plan_name",
    trial_start_date: "trial_start_date",
    trial_end_date: "trial_end_date",
    mrr_delta: "mrr_delta",
    mrr: MRR,
    category: "category",
    subcategory: "subcategory",
    quantity_before: "quantity_before",
    quantity_after: "quantity_after",
    effective_date: "effective_date",
    reason: "reason",
    amount: "billing_amount",
    revenue: "revenue",
    description: "billing_description",
    charge_id: Some("charge_id"),
    currency: "currency",
    contracts: "contract_ids",
    traits: &[],
};

/// As [`NAMES`], where groups are told of too.
pub const NAMES_WITH_GROUP: Names = Names { traits: &[NAME, PLAN, MRR], ..NAMES };

/// Of the group.
const NAME: &str = "name";
const PLAN: &str = "plan";
const MRR: &str = "mrr";

/// A call, as it is written in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call<'e> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'e str>,
    message_id: String,
    timestamp: String,
    user_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'e str>,
    context: Context<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traits: Option<Properties>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'e str>,
    library: Library,
}

#[derive(Debug, Serialize)]
struct Library {
    name: &'static str,
    version: &'static str,
}

const LIBRARY: Library = Library { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

impl<'e> Call<'e> {
    /// That the event happened.
    #[must_use]
    pub fn track(event: &'e Envelope, choice: &'e Choice) -> Self {
        Self {
            r#type: "track",
            event: Some(choice.name(event.event)),
            message_id: event.id.clone(),
            timestamp: timestamp(event),
            user_id: &event.identity,
            group_id: None,
            context: Context { group_id: Some(&event.customer_id), library: LIBRARY },
            properties: Some(Properties::of(event, &NAMES, choice)),
            traits: None,
        }
    }

    /// What the customer is after an event that carries MRR.
    #[must_use]
    pub fn group(event: &'e Envelope, choice: &Choice) -> Option<Self> {
        let mrr = number(Some(event.mrr.clone()?));
        let name = text(event.account_name.clone());
        let traits = [(Some(NAME), name), (Some(PLAN), text(event.plan.clone())), (Some(MRR), mrr)];
        Some(Self {
            r#type: "group",
            event: None,
            message_id: format!("{}-group", event.id),
            timestamp: timestamp(event),
            user_id: &event.identity,
            group_id: Some(&event.customer_id),
            context: Context { group_id: None, library: LIBRARY },
            properties: None,
            traits: Some(Properties::chosen(choice, traits)),
        })
    }

    /// # Errors
    /// It cannot be written.
    pub fn json(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|error| format!("it cannot be written as JSON: {error}"))
    }
}

fn timestamp(event: &Envelope) -> String {
    event.timestamp.to_rfc3339_opts(SecondsFormat::Millis, true)
}
