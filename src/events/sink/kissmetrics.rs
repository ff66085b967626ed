//! KISSmetrics: its tracking API, <https://support.kissmetrics.io/reference/api-specifications-1>.
//!
//! It answers 200 to whatever it is sent, and drops what it takes for a repeat: the same person, event and second. So the
//! second is the outbox's, and a retry is the same to the byte.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use reqwest::{Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::clock::Clock;
use crate::codec::envelope::Envelope;
use crate::domain::events::event::EventName;
use crate::events::event_filter::Choice;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::customer_order::by_customer;
use crate::events::sink::http::{Http, Timeouts, parse_endpoint, read_key, under};
use crate::events::sink::properties::{Names, Properties, Value, number, text};
use crate::events::sink::{Outcome, Outgoing};

/// How KISSmetrics itself writes names.
const NAMES: Names = Names {
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

/// Of the person.
const PLAN: &str = "Plan";
const MRR: &str = "MRR";

/// KISSmetrics cuts names and identities here.
const LONGEST_NAME: usize = 255;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub api_key: SecretSource,
    #[serde(default = "default_endpoint")]
    pub endpoint: String,
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Customers at a time.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
}

fn default_endpoint() -> String {
    "https://trk.kissmetrics.io".to_owned()
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(3)
}

#[derive(Debug)]
pub struct Kissmetrics {
    http: Http,
    api_key: SecretString,
    record: Url,
    set: Url,
    choice: Choice,
    concurrency: NonZeroUsize,
}

impl Kissmetrics {
    /// # Errors
    /// What is wrong with the settings or the choice.
    pub fn open(settings: Settings, choice: Choice, read: ReadSecret<'_>, clock: Clock) -> Result<Self, String> {
        check(&choice)?;
        let endpoint = parse_endpoint(&settings.endpoint)?;
        Ok(Self {
            http: Http::open(settings.timeouts, clock)?,
            api_key: read_key("api_key", &settings.api_key, read)?,
            record: under(&endpoint, ["e"]),
            set: under(&endpoint, ["s"]),
            choice,
            concurrency: settings.concurrency,
        })
    }

    /// Which events it gets.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// What becomes of each event; they are in outbox order.
    pub async fn deliver(&self, events: &[Outgoing]) -> Vec<Outcome> {
        by_customer(events, self.concurrency.get(), |event| self.deliver_one(event)).await
    }

    async fn deliver_one(&self, event: &Outgoing) -> Outcome {
        let envelope = &event.envelope;
        if envelope.identity.chars().count() > LONGEST_NAME {
            // It would be cut, and could then be somebody else.
            return Outcome::Refused { reason: format!("the identity is longer than {LONGEST_NAME} characters") };
        }
        let properties = Properties::of(envelope, &NAMES, &self.choice);
        let name = self.choice.name(envelope.event);
        if let Err(outcome) = self.post(&self.record, self.form(event, Some(name), &properties)).await {
            return outcome;
        }
        let person = of_person(envelope, &self.choice);
        if person.is_empty() {
            return Outcome::Delivered;
        }
        self.post(&self.set, self.form(event, None, &person)).await.err().unwrap_or(Outcome::Delivered)
    }

    /// By POST: in the URL the key would get into logs.
    async fn post(&self, url: &Url, form: String) -> Result<(), Outcome> {
        let request = self.http.post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.http.send(request.body(form)).await.map(|_| ())
    }

    /// A form; without a name it is about the person alone.
    fn form(&self, event: &Outgoing, name: Option<&str>, properties: &Properties) -> String {
        let second = event.second.unwrap_or_else(|| event.envelope.timestamp.timestamp());
        let mut form = Serializer::new(String::new());
        form.append_pair("_k", self.api_key.expose_secret()).append_pair("_p", &event.envelope.identity);
        if let Some(name) = name {
            form.append_pair("_n", name);
        }
        form.append_pair("_t", &second.to_string()).append_pair("_d", "1");
        for (name, value) in properties.iter() {
            match value {
                Value::Text(text) | Value::Number(text) => form.append_pair(name, text),
                Value::TextList(texts) => form.append_pair(name, &texts.join(", ")),
            };
        }
        form.finish()
    }
}

/// What an event that carries MRR says of the person.
fn of_person(event: &Envelope, choice: &Choice) -> Properties {
    let properties = match &event.mrr {
        Some(mrr) => vec![(Some(PLAN), text(event.plan.clone())), (Some(MRR), number(Some(mrr.clone())))],
        None => Vec::new(),
    };
    Properties::chosen(choice, properties)
}

/// KISSmetrics changes some names without a word: those are refused here, aloud.
fn check(choice: &Choice) -> Result<(), String> {
    NAMES.check(choice)?;
    for name in choice.names.values().chain(choice.properties.values()) {
        if name.contains([',', ':']) || name.chars().count() > LONGEST_NAME {
            return Err(format!("{name:?}: a name has at most {LONGEST_NAME} characters, no comma and no colon"));
        }
    }
    if let Some(name) = choice.properties.values().find(|name| name.starts_with('_')) {
        return Err(format!("{name:?}: names with an underscore at the beginning are KISSmetrics' own"));
    }
    // Two events of one person in one second are told apart by their names, which have no case.
    let mut names = BTreeSet::new();
    match EventName::ALL.iter().map(|event| choice.name(*event)).find(|name| !names.insert(name.to_lowercase())) {
        Some(name) => Err(format!("two events have the name {name:?}")),
        None => Ok(()),
    }
}
