//! Event filter: the events that a sink gets, and the names under which it gets them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::codec::envelope::Envelope;
use crate::domain::events::event::EventName;

/// Filter and names, configurable for every sink.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventFilter {
    /// Names of the events; without them, all events except `Signed Up` and `Account Created`.
    pub events: Option<Vec<String>>,
    /// Date of the first event.
    pub since: Option<NaiveDate>,
    /// The sink's own names of events, by the event's name.
    pub names: BTreeMap<String, String>,
    /// The receiver's own names of properties, by the sink's name; a property with an empty name is not sent.
    pub properties: BTreeMap<String, String>,
}

impl EventFilter {
    /// Checks the names of events.
    ///
    /// # Errors
    /// A name that no event has.
    pub fn check(&self) -> Result<(), String> {
        let named = self.events.iter().flatten().chain(self.names.keys());
        match named.into_iter().find(|name| EventName::parse(name).is_none()) {
            Some(name) => Err(format!("{name:?} is not an event; the events are {}", all_names())),
            None => Ok(()),
        }
    }

    /// Checks the filter for a sink that has these properties.
    ///
    /// # Errors
    /// A name that does not exist, or that occurs twice.
    pub fn check_properties(&self, all: &BTreeSet<&str>) -> Result<(), String> {
        self.check()?;
        if let Some((event, _)) = self.names.iter().find(|(_, name)| name.trim().is_empty()) {
            return Err(format!("{event:?} has an empty name; leave an event out by `events`"));
        }
        if let Some(name) = self.properties.keys().find(|name| !all.contains(name.as_str())) {
            let all: Vec<_> = all.iter().copied().collect();
            return Err(format!("{name:?} is not a property; the properties are {}", all.join(", ")));
        }
        let mut sent = BTreeSet::new();
        match all.iter().filter_map(|name| self.property_name(name)).find(|name| !sent.insert(*name)) {
            Some(name) => Err(format!("two properties have the name {name:?}")),
            None => Ok(()),
        }
    }

    /// Tells whether the sink gets an event.
    #[must_use]
    pub fn includes(&self, event: &Envelope) -> bool {
        let name = event.event;
        let is_selected = match &self.events {
            Some(events) => events.iter().any(|selected| selected == name.as_str()),
            None => !matches!(name, EventName::SignedUp | EventName::AccountCreated),
        };
        is_selected && self.since.is_none_or(|since| event.date >= since)
    }

    /// Name under which the receiver gets the event.
    #[must_use]
    pub fn event_name(&self, event: EventName) -> &str {
        self.names.get(event.as_str()).map_or(event.as_str(), String::as_str)
    }

    /// Name under which the receiver gets a property; None if it is not sent.
    #[must_use]
    pub fn property_name<'p>(&'p self, name: &'p str) -> Option<&'p str> {
        Some(self.properties.get(name).map_or(name, String::as_str)).filter(|name| !name.is_empty())
    }
}

fn all_names() -> String {
    EventName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}
