//! Intilery: its tracking API for servers, <https://docs.intilery.com/docs/apis/api>.

use std::num::NonZeroUsize;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::clock::Clock;
use crate::domain::events::event::EventName;
use crate::events::event_filter::EventFilter;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::customer_order::deliver_in_customer_order;
use crate::events::sink::http::{Http, Timeouts, join_path, parse_endpoint, read_key};
use crate::events::sink::segment::{NAMES, TrackingCall};
use crate::events::sink::{DeliveryOutcome, OutgoingEvent};

/// Names that Intilery executes as commands, in any case of letters.
const COMMANDS: [&str; 7] = ["identify", "track", "page", "screen", "group", "alias", "start_journey"];

/// Prefix of further commands: `send_email`, `send_sms`, `send_print`, `send_push`.
const COMMAND_PREFIX: &str = "send_";

/// Settings of the sink.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntilerySettings {
    pub auth_token: SecretSource,
    /// Part of the login's URL before `intilery.com`, without the account if there are several.
    pub client: String,
    /// Name of the account, by default that of the client.
    #[serde(default)]
    pub account: Option<String>,
    /// Name of the brand, by default that of the account in upper case.
    #[serde(default)]
    pub brand: Option<String>,
    #[serde(default = "default_endpoint")]
    pub endpoint: String,
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Number of customers served at the same time. Intilery accepts 100 requests a second.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
}

fn default_endpoint() -> String {
    "https://tracking.intilery.com".to_owned()
}

fn default_concurrency() -> NonZeroUsize {
    // Four: on non-zero numbers the saturating addition is the one without a panic.
    NonZeroUsize::MIN.saturating_add(3)
}

/// Sink that sends events to Intilery.
#[derive(Debug)]
pub struct Intilery {
    http: Http,
    auth_token: SecretString,
    track: Url,
    filter: EventFilter,
    concurrency: NonZeroUsize,
}

impl Intilery {
    /// Opens the sink.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn open(
        settings: IntilerySettings,
        filter: EventFilter,
        read: ReadSecret<'_>,
        clock: Clock,
    ) -> Result<Self, String> {
        NAMES.check(&filter)?;
        if let Some(name) = EventName::ALL.iter().map(|event| filter.event_name(*event)).find(|name| is_command(name)) {
            return Err(format!("{name:?} is a command of Intilery: no event can have this name"));
        }
        let auth_token = read_key("auth_token", &settings.auth_token, read)?;
        header_value(&auth_token)?;
        Ok(Self {
            http: Http::open(settings.timeouts, clock)?,
            auth_token,
            track: track_url(&settings)?,
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
        match (TrackingCall::track(&event.envelope, &self.filter).json(), header_value(&self.auth_token)) {
            (Ok(call), Ok(auth_token)) => {
                let request = self.http.post(&self.track).header(CONTENT_TYPE, "application/json");
                self.http.deliver(request.header("auth-token", auth_token).body(call)).await
            }
            (Err(reason), _) | (_, Err(reason)) => DeliveryOutcome::Refused { reason },
        }
    }
}

/// Builds `{endpoint}/track/{client}/{account}/{BRAND}/v1/track`.
fn track_url(settings: &IntilerySettings) -> Result<Url, String> {
    let client = &settings.client;
    let account = settings.account.as_ref().unwrap_or(client);
    let brand = settings.brand.clone().unwrap_or_else(|| account.to_uppercase());
    for (setting, name) in [("client", client), ("account", account), ("brand", &brand)] {
        if matches!(name.as_str(), "" | "." | "..") {
            return Err(format!("{setting}: {name:?} is not a name"));
        }
    }
    Ok(join_path(&parse_endpoint(&settings.endpoint)?, ["track", client, account, &brand, "v1", "track"]))
}

fn is_command(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    COMMANDS.contains(&name.as_str()) || name.starts_with(COMMAND_PREFIX)
}

fn header_value(auth_token: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(auth_token.expose_secret())
        .map_err(|_| "auth_token: it has characters that no header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
