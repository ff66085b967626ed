//! KISSmetrics: its tracking API, <https://support.kissmetrics.io/reference/api-specifications-1>.
//!
//! KISSmetrics answers 200 to every request, and drops what it takes for a repeat: the same person, event and second.
//! Therefore the second comes from the outbox, and a retry is the same to the byte.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use reqwest::{Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::clock::Clock;
use crate::codec::envelope::Envelope;
use crate::domain::events::event::EventName;
use crate::events::event_filter::EventFilter;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::customer_order::deliver_in_customer_order;
use crate::events::sink::http::{Http, Timeouts, join_path, parse_endpoint, read_key};
use crate::events::sink::properties::{Properties, PropertyNames, PropertyValue, number, text};
use crate::events::sink::{DeliveryOutcome, OutgoingEvent};

/// Names of properties in the style of KISSmetrics.
const NAMES: PropertyNames = PropertyNames {
    account_name: Some("Account Name"),
    plan: "Plan Name",
    trial_plan: "Plan Name",
    trial_start_date: "Trial Start Date",
    trial_end_date: "Trial End Date",
    mrr_delta: "MRR Delta",
    mrr: "MRR",
    category: "Category",
    subcategory: "Subcategory",
    quantity_before: "Quantity Before",
    quantity_after: "Quantity After",
    effective_date: "Effective Date",
    reason: "Reason",
    amount: "Billing Amount",
    revenue: "Revenue",
    description: "Billing Description",
    charge_id: None,
    currency: "Currency",
    contracts: "Contract Ids",
    traits: &[PLAN, MRR],
};

/// Properties of the person.
const PLAN: &str = "Plan";
const MRR: &str = "MRR";

/// Length at which KISSmetrics cuts names and identities.
const MAX_NAME_CHARS: usize = 255;

/// Settings of the sink.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KissmetricsSettings {
    pub api_key: SecretSource,
    #[serde(default = "default_endpoint")]
    pub endpoint: String,
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Number of customers served at the same time.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
}

fn default_endpoint() -> String {
    "https://trk.kissmetrics.io".to_owned()
}

fn default_concurrency() -> NonZeroUsize {
    // Four: on non-zero numbers the saturating addition is the one without a panic.
    NonZeroUsize::MIN.saturating_add(3)
}

/// Sink that sends events to KISSmetrics.
#[derive(Debug)]
pub struct Kissmetrics {
    http: Http,
    api_key: SecretString,
    record: Url,
    set: Url,
    filter: EventFilter,
    concurrency: NonZeroUsize,
}

impl Kissmetrics {
    /// Opens the sink.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn open(
        settings: KissmetricsSettings,
        filter: EventFilter,
        read: ReadSecret<'_>,
        clock: Clock,
    ) -> Result<Self, String> {
        check_names(&filter)?;
        let endpoint = parse_endpoint(&settings.endpoint)?;
        Ok(Self {
            http: Http::open(settings.timeouts, clock)?,
            api_key: read_key("api_key", &settings.api_key, read)?,
            record: join_path(&endpoint, ["e"]),
            set: join_path(&endpoint, ["s"]),
            filter,
            concurrency: settings.concurrency,
        })
    }

    /// Filter of the events that the sink gets.
    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// Delivers events, given in the order of the outbox; returns one outcome each.
    pub async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        deliver_in_customer_order(events, self.concurrency.get(), |event| self.deliver_one(event)).await
    }

    async fn deliver_one(&self, event: &OutgoingEvent) -> DeliveryOutcome {
        let envelope = &event.envelope;
        if envelope.identity.chars().count() > MAX_NAME_CHARS {
            // Cut, the identity could be that of another person.
            return DeliveryOutcome::Refused {
                reason: format!("the identity is longer than {MAX_NAME_CHARS} characters"),
            };
        }
        let properties = Properties::of(envelope, &NAMES, &self.filter);
        let name = self.filter.event_name(envelope.event);
        if let Err(outcome) = self.post(&self.record, self.form(event, Some(name), &properties)).await {
            return outcome;
        }
        let person = person_properties(envelope, &self.filter);
        if person.is_empty() {
            return DeliveryOutcome::Delivered;
        }
        self.post(&self.set, self.form(event, None, &person)).await.err().unwrap_or(DeliveryOutcome::Delivered)
    }

    /// Sends a form by POST: in a URL the key would get into logs.
    async fn post(&self, url: &Url, form: String) -> Result<(), DeliveryOutcome> {
        let request = self.http.post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.http.send(request.body(form)).await.map(|_| ())
    }

    /// Encodes a form; without the name of an event it sets properties of the person.
    fn form(&self, event: &OutgoingEvent, name: Option<&str>, properties: &Properties) -> String {
        let second = event.second.unwrap_or_else(|| event.envelope.timestamp.timestamp());
        let mut form = Serializer::new(String::new());
        form.append_pair("_k", self.api_key.expose_secret()).append_pair("_p", &event.envelope.identity);
        if let Some(name) = name {
            form.append_pair("_n", name);
        }
        form.append_pair("_t", &second.to_string()).append_pair("_d", "1");
        for (name, value) in properties.iter() {
            match value {
                PropertyValue::Text(text) | PropertyValue::Number(text) => form.append_pair(name, text),
                PropertyValue::TextList(texts) => form.append_pair(name, &texts.join(", ")),
            };
        }
        form.finish()
    }
}

/// Properties of the person that an event with MRR sets.
fn person_properties(event: &Envelope, filter: &EventFilter) -> Properties {
    let properties = match &event.mrr {
        Some(mrr) => vec![(Some(PLAN), text(event.plan.clone())), (Some(MRR), number(Some(mrr.clone())))],
        None => Vec::new(),
    };
    Properties::selected(filter, properties)
}

/// Checks names. KISSmetrics silently changes some of them; those are errors here.
fn check_names(filter: &EventFilter) -> Result<(), String> {
    NAMES.check(filter)?;
    for name in filter.names.values().chain(filter.properties.values()) {
        if name.contains([',', ':']) || name.chars().count() > MAX_NAME_CHARS {
            return Err(format!("{name:?}: a name has at most {MAX_NAME_CHARS} characters, no comma and no colon"));
        }
    }
    if let Some(name) = filter.properties.values().find(|name| name.starts_with('_')) {
        return Err(format!("{name:?}: names with an underscore at the beginning are KISSmetrics' own"));
    }
    // Events of one person in one second differ only by their names, regardless of case.
    let mut names = BTreeSet::new();
    match EventName::ALL.iter().map(|event| filter.event_name(*event)).find(|name| !names.insert(name.to_lowercase())) {
        Some(name) => Err(format!("two events have the name {name:?}")),
        None => Ok(()),
    }
}
