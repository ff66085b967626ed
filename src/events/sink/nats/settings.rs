//! Where NATS is, who we are there, and what our stream is like.

use async_nats::{ConnectOptions, ServerAddr};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::events::secret::{ReadSecret, SecretSource};

/// How to reach NATS, and where to publish.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `nats://HOST:PORT`, or `tls://HOST:PORT`; several servers of a cluster, with commas between them.
    pub url: String,
    /// A credentials file, as `nsc` writes it.
    pub credentials: Option<SecretSource>,
    pub token: Option<SecretSource>,
    /// With a password.
    pub user: Option<String>,
    pub password: Option<SecretSource>,
    /// What all subjects begin with.
    #[serde(default = "prefix")]
    pub subject: String,
    /// Created, with all those subjects, if it is missing.
    #[serde(default = "stream")]
    pub stream: String,
    /// How long the stream that is created knows a repeated message: longer than an event is tried for.
    #[serde(default = "four_days")]
    pub duplicate_window_hours: u32,
    /// Whether the entries of the journal are published too.
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

impl Settings {
    /// The servers.
    ///
    /// # Errors
    /// What is wrong with any of the settings.
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

    /// Who we are.
    ///
    /// # Errors
    /// The secret that cannot be read.
    pub(super) fn identify(&self, read: ReadSecret<'_>) -> Result<ConnectOptions, String> {
        let options = ConnectOptions::new();
        if let Some(source) = &self.credentials {
            // The library wants the end of the last line, which does not belong to a secret.
            let text = SecretString::from(format!("{}\n", read(source)?.expose_secret()));
            // What the library says could repeat the text.
            let known = options.credentials(text.expose_secret());
            return known.map_err(|_| "credentials are not those of NATS".to_owned());
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

/// The text is not repeated in errors: there may be a password in it.
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
