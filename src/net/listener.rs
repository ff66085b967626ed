//! Accepts connections up to their first HTTP bytes. Handshakes run concurrently, each with a time limit.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::TcpIncoming;

use crate::net::connection::Connection;
use crate::net::connection_limit::ConnectionLimiter;
use crate::net::limits::{ConnectionLimits, KEEPALIVE_INTERVAL};
use crate::net::tls::Tls;

/// Listening socket with its TLS and limits.
#[derive(Debug)]
pub struct Listener {
    pub socket: TcpListener,
    /// None: plaintext.
    pub tls: Option<Tls>,
    pub limits: ConnectionLimits,
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { socket, tls: None, limits: ConnectionLimits::default() }
    }
}

/// Accepted connections queued for the server.
const READY_QUEUE: usize = 64;
/// Pause of accepting after a failure of the machine, such as no free file descriptor.
const PAUSE: Duration = Duration::from_millis(100);
/// Minimum interval between log lines of the same failure.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

impl Listener {
    /// Accepts connections until the returned stream is dropped.
    pub(crate) fn accept(self) -> ReceiverStream<io::Result<Connection>> {
        let (ready, connections) = mpsc::channel(READY_QUEUE);
        tokio::spawn(self.accept_into(ready));
        ReceiverStream::new(connections)
    }

    async fn accept_into(self, ready: mpsc::Sender<io::Result<Connection>>) {
        let Self { socket, tls, limits } = self;
        // An answer is several writes, which must not wait for the acknowledgement of the first.
        let mut sockets = TcpIncoming::from(socket).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE_INTERVAL));
        let limiter = ConnectionLimiter::new(limits.connections, limits.connections_of_one_address);
        let mut handshakes = Handshakes { running: VecDeque::new(), most: limits.handshakes };
        let (mut full, mut failing) = (ThrottledLog::default(), ThrottledLog::default());
        loop {
            let socket = tokio::select! {
                () = ready.closed() => return,
                socket = sockets.next() => socket,
            };
            match socket {
                Some(Ok(socket)) if is_within_limit(&socket, &limiter) => {
                    let tls = tls.as_ref().map(Tls::current);
                    let beginning = timeout(limits.handshake_time, Connection::begin(socket, tls, limits.request_time));
                    handshakes.start(begin(beginning, limiter.clone(), ready.clone()));
                }
                Some(Ok(_refused)) => full.log(|| {
                    let ConnectionLimits { connections, connections_of_one_address, .. } = limits;
                    tracing::warn!(connections, connections_of_one_address, "too many connections: refusing some");
                }),
                Some(Err(error)) if is_closed_by_client(&error) => {}
                Some(Err(error)) => {
                    failing.log(|| tracing::error!(%error, "cannot accept connections; trying again"));
                    tokio::time::sleep(PAUSE).await;
                }
                None => return,
            }
        }
    }
}

/// Checks the limit before the cost of a handshake.
fn is_within_limit(socket: &TcpStream, limiter: &ConnectionLimiter) -> bool {
    socket.peer_addr().is_ok_and(|peer| limiter.is_free_for(peer.ip()))
}

/// Tells if the client closed the connection before it was accepted.
fn is_closed_by_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | WouldBlock)
}

/// Passes on a connection whose handshake completed in time, if the limit still allows it.
async fn begin(
    beginning: impl Future<Output = Result<io::Result<Connection>, tokio::time::error::Elapsed>>,
    limiter: ConnectionLimiter,
    ready: mpsc::Sender<io::Result<Connection>>,
) {
    let connection = match beginning.await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%error, "a connection did not begin"),
        Err(_) => return tracing::debug!("a connection did not begin in time"),
    };
    if let Some(connection) = connection.with_permit(&limiter) {
        // The server has stopped.
        let _ended = ready.send(Ok(connection)).await;
    }
}

/// Connections in handshake. Above the limit the oldest one is closed: clients that only hold a connection lose it, and
/// a real client completes its handshake quickly.
struct Handshakes {
    running: VecDeque<AbortHandle>,
    most: usize,
}

impl Handshakes {
    fn start(&mut self, handshake: impl Future<Output = ()> + Send + 'static) {
        if self.running.len() >= self.most {
            self.running.retain(|handshake| !handshake.is_finished());
        }
        if self.running.len() >= self.most
            && let Some(longest) = self.running.pop_front()
        {
            longest.abort();
        }
        self.running.push_back(tokio::spawn(handshake).abort_handle());
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        self.running.iter().for_each(AbortHandle::abort);
    }
}

/// Rate limit of a log line.
#[derive(Default)]
struct ThrottledLog {
    logged_at: Option<Instant>,
}

impl ThrottledLog {
    fn log(&mut self, log: impl FnOnce()) {
        if self.logged_at.is_none_or(|logged_at| logged_at.elapsed() >= LOG_INTERVAL) {
            log();
            self.logged_at = Some(Instant::now());
        }
    }
}
