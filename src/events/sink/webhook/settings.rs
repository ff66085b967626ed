//! Settings of a webhook, and their checks.

use std::num::NonZeroU16;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Host;

use crate::events::secret::SecretSource;
use crate::events::sink::http::Timeouts;
use crate::events::sink::webhook::address::is_public;

/// Settings of the sink.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// URL of the receiver; the part after the host can be a secret.
    pub url: SecretString,
    /// Secrets to sign with. Every one signs, so that the receiver can get a new one before the old one is removed.
    pub secrets: Vec<SecretSource>,
    /// `source` of the CloudEvents: a URI, or a part of one.
    #[serde(default = "deltabook")]
    pub source: String,
    /// Number of customers served at the same time.
    #[serde(default = "sixteen")]
    pub concurrency: NonZeroU16,
    /// Permits a receiver with a private address.
    #[serde(default)]
    pub allow_private: bool,
    /// Permits unencrypted HTTP.
    #[serde(default)]
    pub allow_http: bool,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn deltabook() -> String {
    "deltabook".to_owned()
}

fn sixteen() -> NonZeroU16 {
    // On non-zero numbers the saturating addition is the one without a panic.
    NonZeroU16::MIN.saturating_add(15)
}

impl WebhookSettings {
    /// Checks the settings; returns the URL. The addresses of a host name are checked when it is resolved.
    ///
    /// # Errors
    /// The first invalid setting; of the URL it repeats no more than the host.
    pub(super) fn check(&self) -> Result<Url, String> {
        if self.source.is_empty() || !self.source.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("source: it is a URI, or a part of one".to_owned());
        }
        let url = Url::parse(self.url.expose_secret()).map_err(|error| format!("url: {error}"))?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err("url: it begins with https://, unless allow_http is set".to_owned()),
            _ => return Err("url: it begins with https://".to_owned()),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("url: it has no user, password or fragment".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err("url: it has no host".to_owned()),
        };
        match literal.filter(|address| !self.allow_private && !is_public(*address)) {
            Some(address) => Err(format!("url: {address} is not public, and allow_private is not set")),
            None => Ok(url),
        }
    }
}
