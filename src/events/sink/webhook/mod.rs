//! A URL of the receiver's own: a signed CloudEvent for each event.

mod address;
mod body;
mod settings;
mod signature;

use std::fmt;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use crate::clock::Clock;
use crate::events::event_filter::Choice;
use crate::events::secret::ReadSecret;
use crate::events::sink::customer_order::by_customer;
use crate::events::sink::http::Http;
use crate::events::sink::webhook::address::PublicOnly;
pub use crate::events::sink::webhook::settings::Settings;
use crate::events::sink::webhook::signature::Signer;
use crate::events::sink::{Outcome, Outgoing, payload};

const CLOUD_EVENT: &str = "application/cloudevents+json; charset=utf-8";

/// The receiver, the connections to it, and what we sign with.
pub struct Webhook {
    choice: Choice,
    url: Url,
    source: String,
    concurrency: usize,
    http: Http,
    signer: Signer,
    clock: Clock,
}

impl Webhook {
    /// # Errors
    /// What is wrong with the settings or the secrets.
    pub fn open(settings: Settings, choice: Choice, read: ReadSecret<'_>, clock: Clock) -> Result<Self, String> {
        payload::check(&choice)?;
        let url = settings.check()?;
        let signer = Signer::read(&settings.secrets, read)?;
        let http = Http::open_with(settings.timeouts, clock.clone(), |client| {
            if settings.allow_private { client } else { client.dns_resolver(PublicOnly) }
        })?;
        let concurrency = settings.concurrency.get().into();
        Ok(Self { choice, url, source: settings.source, concurrency, http, signer, clock })
    }

    /// Which events it gets.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Says what became of each event: delivered is what the receiver answered with success.
    pub async fn deliver(&self, events: &[Outgoing]) -> Vec<Outcome> {
        by_customer(events, self.concurrency, async |event| self.post(event).await).await
    }

    async fn post(&self, event: &Outgoing) -> Outcome {
        let id = &event.envelope.id;
        let body = body::json(&event.envelope, &self.choice, &self.source);
        // When it is sent, so that a receiver can refuse what somebody else recorded and sends again.
        let timestamp = self.clock.now().timestamp().to_string();
        let signature = self.signer.sign(id, &timestamp, &body);
        let request = self
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, CLOUD_EVENT)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        match self.http.send(request).await {
            Ok(_) => Outcome::Delivered,
            Err(outcome) => outcome,
        }
    }
}

/// What comes after the host can be meant for the receiver alone.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}
