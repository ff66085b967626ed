//! The connection to NATS and the stream behind it.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{ContextBuilder, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, Event};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::events::secret::ReadSecret;
use crate::events::sink::http::choose_tls_provider;
use crate::events::sink::nats::settings::Settings;

/// How long the server may take to store a message.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a start waits for a server, which usually is there.
const PATIENCE_AT_START: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a message is not stored.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// It may be, next time.
    Down(String),
    /// It will never be.
    TooLarge(String),
}

/// What is known of the connection.
#[derive(Debug, Clone, Default)]
struct CustomerState {
    /// How often it was made.
    times: u64,
    /// Why it was not made last.
    problem: Option<String>,
}

/// Reconnects in the background, for ever.
pub(super) struct Link {
    client: Client,
    stream: Config,
    jetstream: Context,
    known: watch::Receiver<CustomerState>,
    /// The connection, by its number, on which the stream was there: a server can come back without it.
    stream_seen: AtomicU64,
    has_warned: AtomicBool,
}

impl Link {
    pub(super) async fn open(settings: Settings, read: ReadSecret<'_>) -> Result<Self, String> {
        let servers = settings.check()?;
        let (tell, mut known) = watch::channel(CustomerState::default());
        choose_tls_provider();
        let options = settings
            .identify(read)?
            .name("deltabook")
            // A server that is cut off without a word is found out in half a minute.
            .ping_interval(Duration::from_secs(10))
            .retry_on_initial_connect()
            .reconnect_delay_callback(pause)
            .event_callback(move |event| {
                tell.send_modify(|known| learn(known, &event));
                async {}
            });
        let client = options.connect(servers).await.map_err(|error| format!("NATS: {error}"))?;
        if timeout(PATIENCE_AT_START, known.wait_for(|known| known.times > 0)).await.is_err() {
            tracing::warn!("NATS cannot be reached yet; events wait for it");
        }
        let jetstream = ContextBuilder::new().timeout(PATIENCE).build(client.clone());
        let stream = Config {
            name: settings.stream,
            subjects: vec![format!("{}.>", settings.subject)],
            storage: StorageType::File,
            duplicate_window: Duration::from_hours(settings.duplicate_window_hours.into()),
            ..Config::default()
        };
        let (stream_seen, has_warned) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { client, stream, jetstream, known, stream_seen, has_warned })
    }

    /// Makes sure that there is a server, and a stream on it.
    pub(super) async fn ready(&self) -> Result<(), Problem> {
        self.check_connection()?;
        let connection = self.known.borrow().times;
        if connection > 0 && self.stream_seen.load(Ordering::Relaxed) == connection {
            return Ok(());
        }
        let config = self.stream.clone();
        let wanted = config.duplicate_window;
        let stream = self.jetstream.get_or_create_stream(config).await;
        let stream = stream.map_err(|error| Problem::Down(format!("stream {}: {error}", self.stream.name)))?;
        let window = stream.cached_info().config.duplicate_window;
        if window < wanted && !self.has_warned.swap(true, Ordering::Relaxed) {
            let stream = &self.stream.name;
            tracing::warn!(stream, ?window, ?wanted, "the stream forgets too early which messages it has");
        }
        self.stream_seen.store(connection, Ordering::Relaxed);
        Ok(())
    }

    /// Publishes a message, and waits until it is stored; one that the stream has already is not stored again.
    pub(super) async fn publish(&self, subject: String, id: &str, payload: Vec<u8>) -> Result<(), Problem> {
        // The client would keep the message until the server is back.
        self.check_connection()?;
        let message = PublishMessage::build().message_id(id).payload(payload.into());
        let published = match self.jetstream.send_publish(subject, message).await {
            Ok(stored) => stored.await,
            Err(error) => Err(error),
        };
        let Err(error) = published else { return Ok(()) };
        let reason = format!("NATS: {error}");
        if is_too_large(&error) {
            return Err(Problem::TooLarge(reason));
        }
        if error.kind() == PublishErrorKind::StreamNotFound {
            // Somebody has deleted it.
            self.stream_seen.store(0, Ordering::Relaxed);
        }
        Err(Problem::Down(reason))
    }

    fn check_connection(&self) -> Result<(), Problem> {
        if self.client.connection_state() == State::Connected {
            return Ok(());
        }
        let problem = self.known.borrow().problem.clone();
        Err(Problem::Down(
            problem.map_or("NATS: not connected".to_owned(), |why| format!("NATS: not connected: {why}")),
        ))
    }
}

/// For the server, or for the stream.
fn is_too_large(error: &PublishError) -> bool {
    let answer = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    let code = answer.map(jetstream::Error::error_code);
    error.kind() == PublishErrorKind::MaxPayloadExceeded || code == Some(ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)
}

fn learn(known: &mut CustomerState, event: &Event) {
    match event {
        Event::Connected => *known = CustomerState { times: known.times.saturating_add(1), problem: None },
        Event::ClientError(error) => known.problem = Some(error.to_string()),
        Event::ServerError(error) => known.problem = Some(error.to_string()),
        _ => {}
    }
}

fn pause(attempts: usize) -> Duration {
    let failed = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    Duration::from_millis(100).saturating_mul(failed).min(LONGEST_PAUSE)
}

/// The client knows who we are there.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("stream", &self.stream.name).finish_non_exhaustive()
    }
}
