//! What the sinks that speak HTTP have in common: how they connect, and what an answer means.

use std::error::Error;
use std::num::NonZeroU64;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::clock::Clock;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::Outcome;

/// No receiver can put an event off for longer.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// More of an answer is not read: it says little, and its sender may be anybody.
const LONGEST_ANSWER: usize = 64 << 10;

/// How long a sink waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// For a connection.
    pub connect_seconds: NonZeroU64,
    /// For the whole answer, connecting included.
    pub total_seconds: NonZeroU64,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = NonZeroU64::MIN.saturating_add(9);
        Self { connect_seconds: seconds, total_seconds: seconds }
    }
}

/// The same for every connection. Of two sinks the second finds it chosen.
pub(super) fn choose_tls_provider() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// One sink's connections.
#[derive(Debug)]
pub struct Http {
    client: Client,
    timeouts: Timeouts,
    clock: Clock,
}

impl Http {
    /// # Errors
    /// TLS cannot be set up.
    pub fn open(timeouts: Timeouts, clock: Clock) -> Result<Self, String> {
        Self::open_with(timeouts, clock, |client| client)
    }

    /// As [`Http::open`], for a sink that has its own ideas of whom to connect to.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn open_with(
        timeouts: Timeouts,
        clock: Clock,
        adapt: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, String> {
        choose_tls_provider();
        let client = Client::builder()
            .user_agent(concat!("deltabook/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(timeouts.connect_seconds.get()))
            .timeout(Duration::from_secs(timeouts.total_seconds.get()))
            // Secrets go where the settings say, and nowhere else.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false);
        let client = adapt(client).build().map_err(|error| format!("no HTTP client: {}", cause(&error)))?;
        Ok(Self { client, timeouts, clock })
    }

    /// A request to begin with.
    pub fn post(&self, url: &Url) -> RequestBuilder {
        self.client.post(url.clone())
    }

    /// Sends a request. The beginning of the answer, if the receiver accepted it.
    ///
    /// # Errors
    /// What becomes of the event otherwise.
    pub async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, Outcome> {
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let (status, retry_after) = (response.status(), self.retry_after(&response));
        // Read whatever the status is: then the connection can be used again.
        let answer = beginning(response).await;
        if status.is_success() { Ok(answer) } else { Err(not_accepted(status, retry_after)) }
    }

    /// As [`Http::send`], where the receiver answers in JSON whether it was a success.
    pub async fn deliver(&self, request: RequestBuilder) -> Outcome {
        #[derive(Deserialize)]
        struct Answer {
            success: bool,
        }
        match self.send(request).await {
            Ok(answer) if matches!(serde_json::from_slice(&answer), Ok(Answer { success: false })) => {
                failed("answered without success".to_owned(), None)
            }
            Ok(_) => Outcome::Delivered,
            Err(outcome) => outcome,
        }
    }

    fn broken(&self, error: &reqwest::Error) -> Outcome {
        let Timeouts { connect_seconds, total_seconds } = self.timeouts;
        let reason = match (error.is_connect(), error.is_timeout()) {
            (true, true) => format!("no connection within {} s", connect_seconds.min(total_seconds)),
            (true, false) => format!("no connection: {}", cause(error)),
            (false, true) => format!("no answer within {total_seconds} s"),
            (false, false) => format!("no answer: {}", cause(error)),
        };
        failed(reason, None)
    }

    fn retry_after(&self, response: &Response) -> Option<Duration> {
        let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
        parse_retry_after(text, self.clock.now())
    }
}

/// What becomes of an event that was not accepted.
fn not_accepted(status: StatusCode, retry_after: Option<Duration>) -> Outcome {
    let code = status.as_u16();
    match code {
        401 | 403 => failed(format!("answered {code}: it does not accept the key"), retry_after),
        410 => Outcome::Disabled { reason: format!("answered {code}: it is gone") },
        // About what was sent: it will be the same the next time.
        400 | 413 | 414 | 415 | 422 | 431 => Outcome::Refused { reason: format!("answered {code}") },
        // About where it was sent to, which an operator can mend.
        400.. => failed(format!("answered {code}"), retry_after),
        _ => failed(format!("answered {code}: redirects are not followed"), retry_after),
    }
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn parse_retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are longer than the longest.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        (date.to_utc() - now).to_std().unwrap_or_default()
    };
    (!text.is_empty()).then_some(wait.min(LONGEST_RETRY_AFTER))
}

fn failed(reason: String, retry_after: Option<Duration>) -> Outcome {
    Outcome::Failed { reason, retry_after }
}

/// The error at the bottom: those above it say where the request went.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request cannot be sent".to_owned(),
        None => cause.to_string(),
    }
}

async fn beginning(mut response: Response) -> Vec<u8> {
    let mut answer = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        answer.extend_from_slice(&chunk);
        if answer.len() > LONGEST_ANSWER {
            break;
        }
    }
    answer.truncate(LONGEST_ANSWER);
    answer
}

/// Where a receiver is.
///
/// # Errors
/// It is nowhere that a request could go, or has secrets in it: they would get into logs.
pub fn parse_endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("endpoint: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("endpoint: it begins with https:// or http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("endpoint: it has no user, password, query or fragment".to_owned());
    }
    Ok(url)
}

/// A place at the receiver.
#[must_use]
pub fn under<'n>(endpoint: &Url, names: impl IntoIterator<Item = &'n str>) -> Url {
    let mut url = endpoint.clone();
    // Each URL of HTTP has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(names);
    }
    url
}

/// The key with which a sink shows who it is.
///
/// # Errors
/// It cannot be read, or is empty.
pub fn read_key(setting: &str, source: &SecretSource, read: ReadSecret<'_>) -> Result<SecretString, String> {
    let key = read(source).map_err(|error| format!("{setting}: {error}"))?;
    if key.expose_secret().is_empty() { Err(format!("{setting}: it is empty")) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_one_meaning() {
        for code in [401, 402, 403, 404, 405, 408, 425, 451, 429, 500, 502, 503, 504, 301, 302, 307, 308] {
            let outcome = not_accepted(StatusCode::from_u16(code).unwrap(), None);
            assert!(matches!(outcome, Outcome::Failed { .. }), "{code}");
        }
        for code in [400, 413, 415, 422] {
            let outcome = not_accepted(StatusCode::from_u16(code).unwrap(), None);
            assert!(matches!(outcome, Outcome::Refused { .. }), "{code}");
        }
        assert!(matches!(not_accepted(StatusCode::GONE, None), Outcome::Disabled { .. }));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_at_most_a_day() {
        let now = DateTime::parse_from_rfc3339("2026-03-01T12:00:00Z").unwrap().to_utc();
        let cases = [
            ("120", Some(120)),
            ("Sun, 01 Mar 2026 12:05:00 GMT", Some(300)),
            ("Sun, 01 Mar 2026 11:00:00 GMT", Some(0)),
            ("Sun, 08 Mar 2026 12:00:00 GMT", Some(86_400)),
            ("86401", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse_retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    #[test]
    fn an_endpoint_has_no_secrets() {
        assert!(parse_endpoint("https://api.segment.io/v1/batch").is_ok());
        for wrong in ["api.segment.io", "ftp://a", "https://u:p@a", "https://a?key=1", "https://a#b", "https://"] {
            assert!(parse_endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
