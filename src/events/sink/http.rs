//! HTTP for sinks: connections, timeouts, and the meaning of answers.

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
use crate::events::sink::DeliveryOutcome;

/// Longest delay that a receiver can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Number of bytes of an answer that are read; the receiver is not trusted with more.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Timeouts of a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Timeout of a connection.
    pub connect_seconds: NonZeroU64,
    /// Timeout of a request, from connecting to the end of the answer.
    pub total_seconds: NonZeroU64,
}

// Ten: on non-zero numbers the saturating addition is the one without a panic.
const DEFAULT_SECONDS: NonZeroU64 = NonZeroU64::MIN.saturating_add(9);

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_seconds: DEFAULT_SECONDS, total_seconds: DEFAULT_SECONDS }
    }
}

/// Installs the process-wide TLS provider, unless one is installed.
pub(super) fn install_tls_provider() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// HTTP client of one sink.
#[derive(Debug)]
pub struct Http {
    client: Client,
    timeouts: Timeouts,
    clock: Clock,
}

impl Http {
    /// Sets up the client.
    ///
    /// # Errors
    /// A failure to set up TLS.
    pub fn open(timeouts: Timeouts, clock: Clock) -> Result<Self, String> {
        Self::open_with(timeouts, clock, |client| client)
    }

    /// Sets up the client with further settings, as for restricted addresses.
    ///
    /// # Errors
    /// A failure to set up TLS.
    pub fn open_with(
        timeouts: Timeouts,
        clock: Clock,
        adapt: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, String> {
        install_tls_provider();
        let client = Client::builder()
            .user_agent(concat!("deltabook/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(timeouts.connect_seconds.get()))
            .timeout(Duration::from_secs(timeouts.total_seconds.get()))
            // A redirect or proxy would get the secrets of the sink.
            .redirect(Policy::none())
            .no_proxy()
            .referer(false);
        let client = adapt(client).build().map_err(|error| format!("no HTTP client: {}", cause(&error)))?;
        Ok(Self { client, timeouts, clock })
    }

    /// Begins a POST request.
    pub fn post(&self, url: &Url) -> RequestBuilder {
        self.client.post(url.clone())
    }

    /// Sends a request; returns the beginning of the answer, if the receiver accepted it.
    ///
    /// # Errors
    /// Outcome of an event that was not accepted.
    pub async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, DeliveryOutcome> {
        let response = request.send().await.map_err(|error| self.failed_request(&error))?;
        let (status, retry_after) = (response.status(), self.retry_after(&response));
        // Read for every status, so that the connection can be reused.
        let answer = read_beginning(response).await;
        if status.is_success() { Ok(answer) } else { Err(outcome_of_status(status, retry_after)) }
    }

    /// Sends a request to a receiver that answers with `success` in JSON.
    pub async fn deliver(&self, request: RequestBuilder) -> DeliveryOutcome {
        #[derive(Deserialize)]
        struct Answer {
            success: bool,
        }
        match self.send(request).await {
            Ok(answer) if matches!(serde_json::from_slice(&answer), Ok(Answer { success: false })) => {
                failed("answered without success".to_owned(), None)
            }
            Ok(_) => DeliveryOutcome::Delivered,
            Err(outcome) => outcome,
        }
    }

    fn failed_request(&self, error: &reqwest::Error) -> DeliveryOutcome {
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

/// Outcome of an event that was not accepted.
fn outcome_of_status(status: StatusCode, retry_after: Option<Duration>) -> DeliveryOutcome {
    let code = status.as_u16();
    match code {
        401 | 403 => failed(format!("answered {code}: it does not accept the key"), retry_after),
        410 => DeliveryOutcome::Disabled { reason: format!("answered {code}: it is gone") },
        // The event is at fault: the same answer every time.
        400 | 413 | 414 | 415 | 422 | 431 => DeliveryOutcome::Refused { reason: format!("answered {code}") },
        // The address or the receiver is at fault, which an operator can repair.
        400.. => failed(format!("answered {code}"), retry_after),
        _ => failed(format!("answered {code}: redirects are not followed"), retry_after),
    }
}

/// Parses Retry-After: seconds, or a date (RFC 9110, 10.2.3).
fn parse_retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with more digits than fit is above the maximum.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        // A date in the past allows an attempt at once.
        (date.to_utc() - now).to_std().unwrap_or(Duration::ZERO)
    };
    (!text.is_empty()).then_some(wait.min(MAX_RETRY_AFTER))
}

fn failed(reason: String, retry_after: Option<Duration>) -> DeliveryOutcome {
    DeliveryOutcome::Failed { reason, retry_after }
}

/// Text of the innermost error: the outer ones contain the URL.
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

async fn read_beginning(mut response: Response) -> Vec<u8> {
    let mut answer = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        answer.extend_from_slice(&chunk);
        if answer.len() > MAX_ANSWER_BYTES {
            break;
        }
    }
    answer.truncate(MAX_ANSWER_BYTES);
    answer
}

/// Parses the address of a receiver.
///
/// # Errors
/// An address that is not a URL of HTTP, or that has secrets in it, which would get into logs.
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

/// Appends path segments to the address of a receiver.
#[must_use]
pub fn join_path<'n>(endpoint: &Url, names: impl IntoIterator<Item = &'n str>) -> Url {
    let mut url = endpoint.clone();
    // Every URL of HTTP has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(names);
    }
    url
}

/// Reads the key that authenticates a sink.
///
/// # Errors
/// A key that cannot be read, or is empty.
pub fn read_key(setting: &str, source: &SecretSource, read: ReadSecret<'_>) -> Result<SecretString, String> {
    let key = read(source).map_err(|error| format!("{setting}: {error}"))?;
    if key.expose_secret().is_empty() { Err(format!("{setting}: it is empty")) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_each_status_to_one_outcome() {
        for code in [401, 402, 403, 404, 405, 408, 425, 451, 429, 500, 502, 503, 504, 301, 302, 307, 308] {
            let outcome = outcome_of_status(StatusCode::from_u16(code).unwrap(), None);
            assert!(matches!(outcome, DeliveryOutcome::Failed { .. }), "{code}");
        }
        for code in [400, 413, 415, 422] {
            let outcome = outcome_of_status(StatusCode::from_u16(code).unwrap(), None);
            assert!(matches!(outcome, DeliveryOutcome::Refused { .. }), "{code}");
        }
        assert!(matches!(outcome_of_status(StatusCode::GONE, None), DeliveryOutcome::Disabled { .. }));
    }

    #[test]
    fn parses_retry_after_as_seconds_or_date_up_to_a_day() {
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
    fn rejects_an_endpoint_with_secrets() {
        assert!(parse_endpoint("https://api.segment.io/v1/batch").is_ok());
        for wrong in ["api.segment.io", "ftp://a", "https://u:p@a", "https://a?key=1", "https://a#b", "https://"] {
            assert!(parse_endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
