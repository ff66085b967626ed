//! Connection to NATS, and the stream behind it.

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
use crate::events::sink::http::install_tls_provider;
use crate::events::sink::nats::settings::NatsSettings;

/// Timeout of storing a message.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that a start waits for a connection before it goes on without one.
const CONNECT_WAIT: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// Failure to store a message.
#[derive(Debug, Clone)]
pub(super) enum PublishFailure {
    /// A later attempt may succeed.
    Unavailable(String),
    /// No attempt will succeed, as for a message that is too large.
    Permanent(String),
}

/// State of the connection.
#[derive(Debug, Clone, Default)]
struct ConnectionState {
    /// Number of times that it was made.
    count: u64,
    /// Last error since.
    error: Option<String>,
}

/// Connection that reconnects in the background, without end.
pub(super) struct Connection {
    client: Client,
    stream: Config,
    jetstream: Context,
    state: watch::Receiver<ConnectionState>,
    /// Number of the connection on which the stream was last seen: a server can come back without it.
    stream_seen: AtomicU64,
    has_warned: AtomicBool,
}

impl Connection {
    /// Starts to connect.
    pub(super) async fn open(settings: NatsSettings, read: ReadSecret<'_>) -> Result<Self, String> {
        let servers = settings.check()?;
        let (updates, mut state) = watch::channel(ConnectionState::default());
        install_tls_provider();
        let options = settings
            .connect_options(read)?
            .name("deltabook")
            // Detects a silent loss of the connection in half a minute.
            .ping_interval(Duration::from_secs(10))
            .retry_on_initial_connect()
            .reconnect_delay_callback(reconnect_delay)
            .event_callback(move |event| {
                updates.send_modify(|state| update_state(state, &event));
                async {}
            });
        let client = options.connect(servers).await.map_err(|error| format!("NATS: {error}"))?;
        if timeout(CONNECT_WAIT, state.wait_for(|state| state.count > 0)).await.is_err() {
            tracing::warn!("NATS is not connected yet; events wait in the outbox");
        }
        let jetstream = ContextBuilder::new().timeout(PUBLISH_TIMEOUT).build(client.clone());
        let stream = Config {
            name: settings.stream,
            subjects: vec![format!("{}.>", settings.subject)],
            storage: StorageType::File,
            duplicate_window: Duration::from_hours(settings.duplicate_window_hours.into()),
            ..Config::default()
        };
        let (stream_seen, has_warned) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { client, stream, jetstream, state, stream_seen, has_warned })
    }

    /// Checks the connection, and creates the stream if it is missing.
    pub(super) async fn ready(&self) -> Result<(), PublishFailure> {
        self.check_connection()?;
        let connection = self.state.borrow().count;
        if connection > 0 && self.stream_seen.load(Ordering::Relaxed) == connection {
            return Ok(());
        }
        let config = self.stream.clone();
        let wanted = config.duplicate_window;
        let stream = self.jetstream.get_or_create_stream(config).await;
        let stream =
            stream.map_err(|error| PublishFailure::Unavailable(format!("stream {}: {error}", self.stream.name)))?;
        let window = stream.cached_info().config.duplicate_window;
        if window < wanted && !self.has_warned.swap(true, Ordering::Relaxed) {
            let stream = &self.stream.name;
            tracing::warn!(stream, ?window, ?wanted, "duplicate window of the NATS stream is too short for retries");
        }
        self.stream_seen.store(connection, Ordering::Relaxed);
        Ok(())
    }

    /// Publishes a message and waits until it is stored. The stream ignores a message that it already has.
    pub(super) async fn publish(&self, subject: String, id: &str, payload: Vec<u8>) -> Result<(), PublishFailure> {
        // Without a connection the client would buffer the message.
        self.check_connection()?;
        let message = PublishMessage::build().message_id(id).payload(payload.into());
        let published = match self.jetstream.send_publish(subject, message).await {
            Ok(stored) => stored.await,
            Err(error) => Err(error),
        };
        let Err(error) = published else { return Ok(()) };
        let reason = format!("NATS: {error}");
        if is_too_large(&error) {
            return Err(PublishFailure::Permanent(reason));
        }
        if error.kind() == PublishErrorKind::StreamNotFound {
            // The stream was deleted: created again by the next attempt.
            self.stream_seen.store(0, Ordering::Relaxed);
        }
        Err(PublishFailure::Unavailable(reason))
    }

    fn check_connection(&self) -> Result<(), PublishFailure> {
        if self.client.connection_state() == State::Connected {
            return Ok(());
        }
        let error = self.state.borrow().error.clone();
        Err(PublishFailure::Unavailable(
            error.map_or("NATS: not connected".to_owned(), |error| format!("NATS: not connected: {error}")),
        ))
    }
}

/// Tells whether the message is too large for the server or for the stream.
fn is_too_large(error: &PublishError) -> bool {
    let answer = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    let code = answer.map(jetstream::Error::error_code);
    error.kind() == PublishErrorKind::MaxPayloadExceeded || code == Some(ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)
}

fn update_state(state: &mut ConnectionState, event: &Event) {
    match event {
        Event::Connected => *state = ConnectionState { count: state.count + 1, error: None },
        Event::ClientError(error) => state.error = Some(error.to_string()),
        Event::ServerError(error) => state.error = Some(error.to_string()),
        _ => {}
    }
}

/// Delay before a further attempt to connect: 100 ms more each time.
fn reconnect_delay(attempts: usize) -> Duration {
    let failed = attempts.max(1) - 1;
    u32::try_from(failed).map_or(MAX_PAUSE, |failed| (Duration::from_millis(100) * failed).min(MAX_PAUSE))
}

/// Omits the client, which has credentials in it.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("stream", &self.stream.name).finish_non_exhaustive()
    }
}
