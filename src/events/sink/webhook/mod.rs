//! Webhook: posts a signed CloudEvent for each event to the receiver's URL.
//!
//! | file | contents |
//! |---|---|
//! | `settings` | URL, secrets, limits |
//! | `signature` | Standard Webhooks signatures |
//! | `address` | public and private addresses |

mod settings;
mod signature;
mod address;

use std::borrow::Cow;
use std::fmt;

use chrono::SecondsFormat;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bug;
use crate::bug::Bug;
use crate::clock::Clock;
use crate::codec::envelope::Envelope;
use crate::events::event_filter::EventFilter;
use crate::events::secret::ReadSecret;
use crate::events::sink::customer_order::deliver_in_customer_order;
use crate::events::sink::http::Http;
use crate::events::sink::webhook::address::PublicOnly;
pub use crate::events::sink::webhook::settings::WebhookSettings;
use crate::events::sink::webhook::signature::Signer;
use crate::events::sink::{DeliveryOutcome, OutgoingEvent, payload};

const CLOUD_EVENT: &str = "application/cloudevents+json; charset=utf-8";

/// Sink that posts to a webhook.
pub struct Webhook {
    filter: EventFilter,
    url: Url,
    source: String,
    concurrency: usize,
    http: Http,
    signer: Signer,
    clock: Clock,
}

impl Webhook {
    /// Opens the sink.
    ///
    /// # Errors
    /// The first invalid setting or secret.
    pub fn open(
        settings: WebhookSettings,
        filter: EventFilter,
        read: ReadSecret<'_>,
        clock: Clock,
    ) -> Result<Self, String> {
        payload::check(&filter)?;
        let url = settings.check()?;
        let signer = Signer::read(&settings.secrets, read)?;
        let http = Http::open_with(settings.timeouts, clock.clone(), |client| {
            if settings.allow_private { client } else { client.dns_resolver(PublicOnly) }
        })?;
        let concurrency = settings.concurrency.get().into();
        Ok(Self { filter, url, source: settings.source, concurrency, http, signer, clock })
    }

    /// Filter of the events that the sink gets.
    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// Delivers events, given in the order of the outbox; returns one outcome each. A success of HTTP is a delivery.
    pub async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        deliver_in_customer_order(events, self.concurrency, async |event| self.post(event).await).await
    }

    async fn post(&self, event: &OutgoingEvent) -> DeliveryOutcome {
        let id = &event.envelope.id;
        let body = match cloud_event(&event.envelope, &self.filter, &self.source) {
            Ok(body) => body,
            Err(bug) => return DeliveryOutcome::Refused { reason: bug.to_string() },
        };
        // The time of sending lets a receiver refuse a replayed request.
        let timestamp = self.clock.now().timestamp().to_string();
        let signature = match self.signer.sign(id, &timestamp, &body) {
            Ok(signature) => signature,
            Err(bug) => return DeliveryOutcome::Refused { reason: bug.to_string() },
        };
        let request = self
            .http
            .post(&self.url)
            .header(CONTENT_TYPE, CLOUD_EVENT)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        match self.http.send(request).await {
            Ok(_) => DeliveryOutcome::Delivered,
            Err(outcome) => outcome,
        }
    }
}

/// Shows only the host: the rest of the URL can be a secret.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Event in the format of CloudEvents 1.0.
#[derive(Serialize)]
struct CloudEvent<'e> {
    specversion: &'static str,
    id: &'e str,
    source: &'e str,
    r#type: Cow<'e, str>,
    /// Customer of the event.
    subject: &'e str,
    time: String,
    datacontenttype: &'static str,
    data: Box<RawValue>,
}

/// Encodes an event as a CloudEvent in JSON.
fn cloud_event(envelope: &Envelope, filter: &EventFilter, source: &str) -> Result<String, Bug> {
    let data = RawValue::from_string(payload::json(envelope, filter)?);
    let event = CloudEvent {
        specversion: "1.0",
        id: &envelope.id,
        source,
        r#type: event_type(envelope, filter),
        subject: &envelope.customer_id,
        time: envelope.timestamp.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        datacontenttype: "application/json",
        data: data.map_err(|error| bug!("event {} is not JSON: {error}", envelope.id))?,
    };
    serde_json::to_string(&event).map_err(|error| bug!("event {} cannot be encoded: {error}", envelope.id))
}

/// The receiver's own name of the event, by default `deltabook.trial_started`.
fn event_type<'e>(envelope: &Envelope, filter: &'e EventFilter) -> Cow<'e, str> {
    match filter.names.get(envelope.event.as_str()) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("deltabook.{}", payload::snake_case_name(envelope))),
    }
}
