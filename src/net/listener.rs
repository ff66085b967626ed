//! From a socket to connections that speak HTTP. Who does not get that far in time goes; nobody waits for anybody.

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
use crate::net::connection_limit::Places;
use crate::net::limits::{ConnectionLimits, KEEPALIVE_INTERVAL};
use crate::net::tls::Tls;

/// Where connections come in.
#[derive(Debug)]
pub struct Listener {
    pub socket: TcpListener,
    /// Without it nothing is encrypted.
    pub tls: Option<Tls>,
    pub limits: ConnectionLimits,
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { socket, tls: None, limits: ConnectionLimits::default() }
    }
}

/// Connections that nobody has taken yet.
const READY: usize = 64;
/// How long nothing is accepted after the machine could not: it has no file handle left, or no memory.
const PAUSE: Duration = Duration::from_millis(100);
/// The same trouble is not told more often.
const TELL_INTERVAL: Duration = Duration::from_mins(1);

impl Listener {
    /// Accepts until what it gives is dropped.
    pub(crate) fn accept(self) -> ReceiverStream<io::Result<Connection>> {
        let (ready, connections) = mpsc::channel(READY);
        tokio::spawn(self.accept_into(ready));
        ReceiverStream::new(connections)
    }

    async fn accept_into(self, ready: mpsc::Sender<io::Result<Connection>>) {
        let Self { socket, tls, limits } = self;
        // An answer is several writes, which must not wait for the acknowledgement of the first.
        let mut sockets = TcpIncoming::from(socket).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE_INTERVAL));
        let places = Places::new(limits.connections, limits.connections_of_one_address);
        let mut handshakes = Handshakes { running: VecDeque::new(), most: limits.handshakes };
        let (mut full, mut failing) = (Trouble::default(), Trouble::default());
        loop {
            let socket = tokio::select! {
                () = ready.closed() => return,
                socket = sockets.next() => socket,
            };
            match socket {
                Some(Ok(socket)) if has_place(&socket, &places) => {
                    let tls = tls.as_ref().map(Tls::current);
                    let beginning = timeout(limits.handshake_time, Connection::begin(socket, tls, limits.request_time));
                    handshakes.start(begin(beginning, places.clone(), ready.clone()));
                }
                Some(Ok(_refused)) => full.tell(|| {
                    let ConnectionLimits { connections, connections_of_one_address, .. } = limits;
                    tracing::warn!(connections, connections_of_one_address, "too many connections: refusing some");
                }),
                Some(Err(error)) if is_of_the_client(&error) => {}
                Some(Err(error)) => {
                    failing.tell(|| tracing::error!(%error, "cannot accept connections; trying again"));
                    tokio::time::sleep(PAUSE).await;
                }
                None => return,
            }
        }
    }
}

/// Before the work of a handshake.
fn has_place(socket: &TcpStream, places: &Places) -> bool {
    socket.peer_addr().is_ok_and(|peer| places.is_free_for(peer.ip()))
}

/// A client that went away before it was accepted.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | WouldBlock)
}

/// Passes a connection on that has begun in time, if there is still a place for it.
async fn begin(
    beginning: impl Future<Output = Result<io::Result<Connection>, tokio::time::error::Elapsed>>,
    places: Places,
    ready: mpsc::Sender<io::Result<Connection>>,
) {
    let connection = match beginning.await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%error, "a connection did not begin"),
        Err(_) => return tracing::debug!("a connection did not begin in time"),
    };
    if let Some(connection) = connection.with_place(&places) {
        // Who listens no more needs none.
        let _ended = ready.send(Ok(connection)).await;
    }
}

/// Connections that have yet to begin. When there are too many, the one that has taken longest makes room: those who
/// only hold a connection lose it, and whoever means it was not going to take long.
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

/// Something that is to be told, but not each time.
#[derive(Default)]
struct Trouble {
    told: Option<Instant>,
}

impl Trouble {
    fn tell(&mut self, tell: impl FnOnce()) {
        if self.told.is_none_or(|told| told.elapsed() >= TELL_INTERVAL) {
            tell();
            self.told = Some(Instant::now());
        }
    }
}
