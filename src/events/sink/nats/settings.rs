//! Settings of NATS: servers, credentials, stream.

use async_nats::{ConnectOptions, ServerAddr};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::events::secret::{ReadSecret, SecretSource};

/// Settings of the sink.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatsSettings {
    /// `nats://HOST:PORT`, or `tls://HOST:PORT`; several servers of a cluster, with commas between them.
    pub url: String,
    /// A credentials file, as `nsc` writes it.
    pub credentials: Option<SecretSource>,
    pub token: Option<SecretSource>,
    /// User, together with a password.
    pub user: Option<String>,
    pub password: Option<SecretSource>,
    /// First part of every subject.
    #[serde(default = "prefix")]
    pub subject: String,
    /// Stream with those subjects; created if it is missing.
    #[serde(default = "stream")]
    pub stream: String,
    /// Duplicate window of a created stream; longer than the time for which an event is tried.
    #[serde(default = "four_days")]
    pub duplicate_window_hours: u32,
    /// Publishes the entries of the journal too.
    #[serde(default)]
    pub journal: bool,
}

fn prefix() -> String {
    "deltabook".to_owned()
}

fn stream() -> String {
    "DELTABOOK".to_owned()
}

fn four_days() -> u32 {
    96
}

impl NatsSettings {
    /// Checks the settings; returns the servers.
    ///
    /// # Errors
    /// The first invalid setting.
    pub(super) fn check(&self) -> Result<Vec<ServerAddr>, String> {
        if !self.subject.split('.').all(is_name) {
            return Err("subject consists of letters, digits, - and _, with dots between".to_owned());
        }
        if !is_name(&self.stream) {
            return Err("stream consists of letters, digits, - and _".to_owned());
        }
        if self.duplicate_window_hours == 0 {
            return Err("duplicate_window_hours is at least 1".to_owned());
        }
        let ways = [self.credentials.is_some(), self.token.is_some(), self.user.is_some()];
        if ways.into_iter().filter(|is_used| *is_used).count() > 1 {
            return Err("only one of credentials, token and user can be given".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            return Err("user and password belong together".to_owned());
        }
        self.url.split(',').map(server).collect()
    }

    /// Options with the credentials.
    ///
    /// # Errors
    /// A secret that cannot be read.
    pub(super) fn connect_options(&self, read: ReadSecret<'_>) -> Result<ConnectOptions, String> {
        let options = ConnectOptions::new();
        if let Some(source) = &self.credentials {
            // The library expects the end of the last line, which a secret does not have.
            let text = SecretString::from(format!("{}\n", read(source)?.expose_secret()));
            // An error of the library could repeat the text.
            let with_credentials = options.credentials(text.expose_secret());
            return with_credentials.map_err(|_| "credentials are not those of NATS".to_owned());
        }
        if let Some(source) = &self.token {
            return Ok(options.token(read(source)?.expose_secret().to_owned()));
        }
        if let (Some(user), Some(source)) = (&self.user, &self.password) {
            return Ok(options.user_and_password(user.clone(), read(source)?.expose_secret().to_owned()));
        }
        Ok(options)
    }
}

/// Parses the address of a server. Errors do not repeat it: it may have a password in it.
fn server(text: &str) -> Result<ServerAddr, String> {
    let url = url::Url::parse(text.trim()).map_err(|error| format!("url: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url has credentials in it; they are settings of their own".to_owned());
    }
    match url.scheme() {
        "nats" | "tls" => ServerAddr::from_url(url).map_err(|error| format!("url: {error}")),
        _ => Err("url begins with nats:// or tls://".to_owned()),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
