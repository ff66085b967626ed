//! A connection that speaks HTTP/2, as all clients of gRPC do, or HTTP/1.1, as browsers do; encrypted or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::net::connection_limit::{Place, Places};
use crate::net::rapid_reset::Resets;

/// What every client of HTTP/2 says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What tells which it is.
type Beginning = [u8; PREFACE.len()];

/// A connection whose client has begun to speak.
///
/// Whoever handles a request finds the address of its client in `request.extensions().get::<TcpConnectInfo>()`, and in
/// `tonic::Request::remote_addr`, with TLS or without.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    /// What was read to see what is spoken, and how much of it was read again.
    beginning: (Beginning, usize),
    protocol: Protocol,
    peer: TcpConnectInfo,
    _place: Option<Place>,
}

/// How a client that only holds its connection is told.
#[derive(Debug)]
enum Protocol {
    /// It must answer pings.
    Http2 {
        resets: Resets,
        /// Until it is over nothing is read.
        pause: Option<Pin<Box<Sleep>>>,
    },
    /// Nothing came or went for this long; it has no pings.
    Http1 { idle_time: Duration, idle: Pin<Box<Sleep>> },
}

impl Connection {
    /// Shakes hands, and waits until the client begins to speak. How long that may take, the caller knows.
    pub async fn begin(socket: TcpStream, tls: Option<Arc<ServerConfig>>, idle_time: Duration) -> io::Result<Self> {
        let peer = socket.connect_info();
        let mut stream = match tls {
            Some(tls) => Either::Right(Box::new(TlsAcceptor::from(tls).accept(socket).await?)),
            None => Either::Left(socket),
        };
        // No request of HTTP/1.1 is shorter: it names its host.
        let mut said = [0; PREFACE.len()];
        stream.read_exact(&mut said).await?;
        let protocol = if said == PREFACE {
            Protocol::Http2 { resets: Resets::new(Instant::now()), pause: None }
        } else if has_method(&said) {
            Protocol::Http1 { idle_time, idle: Box::pin(sleep(idle_time)) }
        } else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP"));
        };
        Ok(Self { stream, beginning: (said, 0), protocol, peer, _place: None })
    }

    /// With a place for as long as it lives, if there is one.
    pub fn with_place(self, places: &Places) -> Option<Self> {
        let place = places.take(self.peer.remote_addr()?.ip())?;
        Some(Self { _place: Some(place), ..self })
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (said, again) = &mut self.beginning;
        let rest = said.get(*again..).unwrap_or_default();
        if !rest.is_empty() {
            let (now, _) = rest.split_at(rest.len().min(buffer.remaining()));
            buffer.put_slice(now);
            *again = again.saturating_add(now.len());
            return Poll::Ready(Ok(()));
        }
        if let Protocol::Http2 { pause, .. } = &mut self.protocol
            && let Some(over) = pause
        {
            ready!(over.as_mut().poll(context));
            *pause = None;
        }
        let before = buffer.filled().len();
        if Pin::new(&mut self.stream).poll_read(context, buffer)?.is_pending() {
            return self.protocol.poll_idle(context);
        }
        let read = buffer.filled().get(before..).unwrap_or_default();
        self.protocol.note_read(read, Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl Protocol {
    /// Nothing is there to read.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Http1 { idle, .. } = self {
            ready!(idle.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }

    fn note_read(&mut self, read: &[u8], now: Instant) {
        match self {
            Self::Http2 { resets, pause } => {
                *pause = resets.pause_after(read, now).map(|pause| Box::pin(sleep(pause)));
            }
            Self::Http1 { .. } => self.note_written(now),
        }
    }

    fn note_written(&mut self, now: Instant) {
        if let Self::Http1 { idle_time, idle } = self
            && let Some(until) = now.checked_add(*idle_time)
        {
            idle.as_mut().reset(until);
        }
    }
}

/// Whether a line begins with a method, as requests of HTTP/1.1 do (RFC 9110, 9.1).
fn has_method(said: &[u8]) -> bool {
    let method = said.split(|byte| *byte == b' ').next().unwrap_or_default();
    (3..=7).contains(&method.len()) && method.iter().all(u8::is_ascii_uppercase)
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.protocol.note_written(Instant::now());
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices));
        self.protocol.note_written(Instant::now());
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
