//! An event as receivers of analytics see it: a name, and properties with names of their own.

use std::collections::BTreeSet;

use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::codec::envelope::Envelope;
use crate::domain::events::event::EventName;
use crate::events::event_filter::Choice;

/// What a receiver calls the properties; None: it does not get them.
#[derive(Debug)]
pub struct Names {
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
    /// Beside those of events: what is said of the person or account.
    pub traits: &'static [&'static str],
}

impl Names {
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

    /// What is wrong with a choice for a receiver with these names, if anything is.
    ///
    /// # Errors
    /// What is chosen that is not there, or cannot be told apart.
    pub fn check(&self, choice: &Choice) -> Result<(), String> {
        choice.check_properties(&self.all())
    }
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// Decimal text: no digit of it changes on its way.
    Number(String),
    TextList(Vec<String>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Number(text) => RawValue::from_string(text.clone()).map_err(S::Error::custom)?.serialize(serializer),
            Self::TextList(texts) => texts.serialize(serializer),
        }
    }
}

/// Names and values in the order in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties(Vec<(String, Value)>);

impl Properties {
    /// Those of an event.
    #[must_use]
    pub fn of(event: &Envelope, names: &Names, choice: &Choice) -> Self {
        // The specifications of the trial events and of Account Created say all that belongs to them.
        let is_trial = matches!(event.event, EventName::TrialStarted | EventName::TrialEnded);
        let is_change = event.mrr_delta.is_some();
        let others = is_change || event.amount.is_some();
        let account_name = names.account_name.filter(|_| event.event == EventName::AccountCreated);
        let day = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string());
        let contracts = Some(Value::TextList(event.subscription_ids.clone()));
        Self::chosen(
            choice,
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

    /// Those that have a name and a value, under the names that were chosen.
    pub fn chosen(
        choice: &Choice,
        properties: impl IntoIterator<Item = (Option<&'static str>, Option<Value>)>,
    ) -> Self {
        let named =
            properties.into_iter().filter_map(|(name, value)| Some((choice.property(name?)?.to_owned(), value?)));
        Self(named.collect())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
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

/// A value, if there is a text.
#[must_use]
pub fn text(text: Option<String>) -> Option<Value> {
    text.map(Value::Text)
}

/// A value, if there is a decimal.
#[must_use]
pub fn number(decimal: Option<String>) -> Option<Value> {
    decimal.map(Value::Number)
}
