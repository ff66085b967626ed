//! Encodes an event as a name and properties, for tracking APIs, each with its own names of properties.

use std::collections::BTreeSet;

use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::codec::envelope::Envelope;
use crate::domain::events::event::EventName;
use crate::events::event_filter::EventFilter;

/// Names of properties at a receiver; None for a property that it does not get.
#[derive(Debug)]
pub struct PropertyNames {
    pub account_name: Option<&'static str>,
    pub plan: &'static str,
    pub trial_plan: &'static str,
    pub trial_start_date: &'static str,
    pub trial_end_date: &'static str,
    pub mrr_delta: &'static str,
    pub mrr: &'static str,
    pub category: &'static str,
    pub subcategory: &'static str,
    pub quantity_before: &'static str,
    pub quantity_after: &'static str,
    pub effective_date: &'static str,
    pub reason: &'static str,
    pub amount: &'static str,
    pub revenue: &'static str,
    pub description: &'static str,
    pub charge_id: Option<&'static str>,
    pub currency: &'static str,
    pub contracts: &'static str,
    /// Properties of the person or account, beside those of events.
    pub traits: &'static [&'static str],
}

impl PropertyNames {
    fn all(&self) -> BTreeSet<&'static str> {
        let names = [
            self.plan,
            self.trial_plan,
            self.trial_start_date,
            self.trial_end_date,
            self.mrr_delta,
            self.mrr,
            self.category,
            self.subcategory,
            self.quantity_before,
            self.quantity_after,
            self.effective_date,
            self.reason,
            self.amount,
            self.revenue,
            self.description,
            self.currency,
            self.contracts,
        ];
        names.into_iter().chain(self.account_name).chain(self.charge_id).chain(self.traits.iter().copied()).collect()
    }

    /// Checks a filter for a receiver with these names.
    ///
    /// # Errors
    /// A name that does not exist, or that occurs twice.
    pub fn check(&self, filter: &EventFilter) -> Result<(), String> {
        filter.check_properties(&self.all())
    }
}

/// Value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyValue {
    Text(String),
    /// Decimal as text, sent digit by digit.
    Number(String),
    TextList(Vec<String>),
}

impl Serialize for PropertyValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Number(text) => RawValue::from_string(text.clone()).map_err(S::Error::custom)?.serialize(serializer),
            Self::TextList(texts) => texts.serialize(serializer),
        }
    }
}

/// Names and values, in the order in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties(Vec<(String, PropertyValue)>);

impl Properties {
    /// Selects the properties of an event.
    #[must_use]
    pub fn of(event: &Envelope, names: &PropertyNames, filter: &EventFilter) -> Self {
        // The specifications of the trial events and of Account Created list all of their properties.
        let is_trial = matches!(event.event, EventName::TrialStarted | EventName::TrialEnded);
        let is_change = event.mrr_delta.is_some();
        let others = is_change || event.amount.is_some();
        let account_name = names.account_name.filter(|_| event.event == EventName::AccountCreated);
        let day = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string());
        let contracts = Some(PropertyValue::TextList(event.subscription_ids.clone()));
        Self::selected(
            filter,
            [
                (account_name, text(event.account_name.clone())),
                (Some(if is_trial { names.trial_plan } else { names.plan }), text(event.plan.clone())),
                (Some(names.trial_start_date), text(day(event.trial_start_date))),
                (Some(names.trial_end_date), text(day(event.trial_end_date))),
                (Some(names.mrr_delta), number(event.mrr_delta.clone())),
                (Some(names.mrr), number(event.mrr.clone())),
                (Some(names.category), text(event.category.clone())),
                (Some(names.subcategory), text(event.subcategory.clone())),
                (Some(names.quantity_before), number(event.quantity_before.clone())),
                (Some(names.quantity_after), number(event.quantity_after.clone())),
                (Some(names.amount), number(event.amount.clone())),
                (Some(names.revenue), number(event.amount.clone())),
                (Some(names.description), text(event.description.clone())),
                (names.charge_id, text(event.charge_id.clone())),
                (Some(names.currency), text(event.currency.clone().filter(|_| others))),
                (Some(names.contracts), contracts.filter(|_| others && !event.subscription_ids.is_empty())),
                (Some(names.effective_date), text(Some(event.date.to_string()).filter(|_| is_change))),
                (Some(names.reason), text(event.reason.clone())),
            ],
        )
    }

    /// Selects the properties that have a name and a value, under the receiver's own names.
    pub fn selected(
        filter: &EventFilter,
        properties: impl IntoIterator<Item = (Option<&'static str>, Option<PropertyValue>)>,
    ) -> Self {
        let named =
            properties.into_iter().filter_map(|(name, value)| Some((filter.property_name(name?)?.to_owned(), value?)));
        Self(named.collect())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &PropertyValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Text as a value.
#[must_use]
pub fn text(text: Option<String>) -> Option<PropertyValue> {
    text.map(PropertyValue::Text)
}

/// Decimal as a value.
#[must_use]
pub fn number(decimal: Option<String>) -> Option<PropertyValue> {
    decimal.map(PropertyValue::Number)
}
