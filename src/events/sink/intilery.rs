//! Intilery: its tracking API for servers, <https://docs.intilery.com/docs/apis/api>.

use std::num::NonZeroUsize;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::clock::Clock;
use crate::domain::events::event::EventName;
use crate::events::event_filter::Choice;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::customer_order::by_customer;
use crate::events::sink::http::{Http, Timeouts, parse_endpoint, read_key, under};
use crate::events::sink::track::{Call, NAMES};
use crate::events::sink::{Outcome, Outgoing};

/// Events by these names are not noted but obeyed, in whichever case they are written.
const COMMANDS: [&str; 7] = ["identify", "track", "page", "screen", "group", "alias", "start_journey"];

/// And by names that begin so: `send_email`, `send_sms`, `send_print`, `send_push`.
const SENDING: &str = "send_";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub auth_token: SecretSource,
    /// What the URL of the login has before `intilery.com`; without the account, where there are several.
    pub client: String,
    /// None: it is called as the client.
    #[serde(default)]
    pub account: Option<String>,
    /// None: it is called as the account, in upper case.
    #[serde(default)]
    pub brand: Option<String>,
    #[serde(default = "default_endpoint")]
    pub endpoint: String,
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Customers at a time. Intilery takes 100 requests a second.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
}

fn default_endpoint() -> String {
    "https://tracking.intilery.com".to_owned()
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(3)
}

#[derive(Debug)]
pub struct Intilery {
    http: Http,
    auth_token: SecretString,
    track: Url,
    choice: Choice,
    concurrency: NonZeroUsize,
}

impl Intilery {
    /// # Errors
    /// What is wrong with the settings or the choice.
    pub fn open(settings: Settings, choice: Choice, read: ReadSecret<'_>, clock: Clock) -> Result<Self, String> {
        NAMES.check(&choice)?;
        if let Some(name) = EventName::ALL.iter().map(|event| choice.name(*event)).find(|name| is_command(name)) {
            return Err(format!("{name:?} is a command of Intilery: no event can have this name"));
        }
        let auth_token = read_key("auth_token", &settings.auth_token, read)?;
        in_header(&auth_token)?;
        Ok(Self {
            http: Http::open(settings.timeouts, clock)?,
            auth_token,
            track: track_url(&settings)?,
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
        match (Call::track(&event.envelope, &self.choice).json(), in_header(&self.auth_token)) {
            (Ok(call), Ok(auth_token)) => {
                let request = self.http.post(&self.track).header(CONTENT_TYPE, "application/json");
                self.http.deliver(request.header("auth-token", auth_token).body(call)).await
            }
            (Err(reason), _) | (_, Err(reason)) => Outcome::Refused { reason },
        }
    }
}

/// `{endpoint}/track/{client}/{account}/{BRAND}/v1/track`
fn track_url(settings: &Settings) -> Result<Url, String> {
    let client = &settings.client;
    let account = settings.account.as_ref().unwrap_or(client);
    let brand = settings.brand.clone().unwrap_or_else(|| account.to_uppercase());
    for (setting, name) in [("client", client), ("account", account), ("brand", &brand)] {
        if matches!(name.as_str(), "" | "." | "..") {
            return Err(format!("{setting}: {name:?} is no name"));
        }
    }
    Ok(under(&parse_endpoint(&settings.endpoint)?, ["track", client, account, &brand, "v1", "track"]))
}

fn is_command(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    COMMANDS.contains(&name.as_str()) || name.starts_with(SENDING)
}

fn in_header(auth_token: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(auth_token.expose_secret())
        .map_err(|_| "auth_token: it has characters that no header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
