//! Which events a sink gets, and under which names.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::codec::envelope::Envelope;
use crate::domain::events::event::EventName;

/// What every sink can choose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// The events, by name. None: all but `Signed Up` and `Account Created`.
    pub events: Option<Vec<String>>,
    /// No event dated earlier.
    pub since: Option<NaiveDate>,
    /// What the receiver calls an event, by its name.
    pub names: BTreeMap<String, String>,
    /// What the receiver calls a property, by the name that the sink gives it; empty: it is not sent.
    pub properties: BTreeMap<String, String>,
}

impl Choice {
    /// What is wrong with it, if anything is.
    ///
    /// # Errors
    /// The names that are no events.
    pub fn check(&self) -> Result<(), String> {
        let named = self.events.iter().flatten().chain(self.names.keys());
        match named.into_iter().find(|name| EventName::parse(name).is_none()) {
            Some(name) => Err(format!("{name:?} is no event; they are {}", all_names())),
            None => Ok(()),
        }
    }

    /// What is wrong with it, if anything is, for a sink whose properties are these.
    ///
    /// # Errors
    /// What is chosen that is not there, or cannot be told apart.
    pub fn check_properties(&self, all: &BTreeSet<&str>) -> Result<(), String> {
        self.check()?;
        if let Some((event, _)) = self.names.iter().find(|(_, name)| name.trim().is_empty()) {
            return Err(format!("{event:?} needs a name; `events` says which are sent"));
        }
        if let Some(name) = self.properties.keys().find(|name| !all.contains(name.as_str())) {
            let all: Vec<_> = all.iter().copied().collect();
            return Err(format!("{name:?} is no property; they are {}", all.join(", ")));
        }
        let mut sent = BTreeSet::new();
        match all.iter().filter_map(|name| self.property(name)).find(|name| !sent.insert(*name)) {
            Some(name) => Err(format!("two properties have the name {name:?}")),
            None => Ok(()),
        }
    }

    /// Whether the sink gets this event.
    #[must_use]
    pub fn includes(&self, event: &Envelope) -> bool {
        let name = event.event;
        let is_chosen = match &self.events {
            Some(events) => events.iter().any(|chosen| chosen == name.as_str()),
            None => !matches!(name, EventName::SignedUp | EventName::AccountCreated),
        };
        is_chosen && self.since.is_none_or(|since| event.date >= since)
    }

    /// What the receiver calls the event.
    #[must_use]
    pub fn name(&self, event: EventName) -> &str {
        self.names.get(event.as_str()).map_or(event.as_str(), String::as_str)
    }

    /// What the receiver calls a property; None: it is not sent.
    #[must_use]
    pub fn property<'p>(&'p self, name: &'p str) -> Option<&'p str> {
        Some(self.properties.get(name).map_or(name, String::as_str)).filter(|name| !name.is_empty())
    }
}

fn all_names() -> String {
    EventName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}
