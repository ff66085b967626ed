//! Connection of HTTP/2 (gRPC) or HTTP/1.1 (browsers), with or without TLS.

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

use crate::net::connection_limit::{ConnectionLimiter, ConnectionPermit};
use crate::net::rapid_reset::ResetLimiter;

/// Connection preface of HTTP/2 (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// First bytes, by which the protocol is detected.
type Beginning = [u8; PREFACE.len()];

/// Connection whose client has sent its first bytes.
///
/// Handlers find the client's address in `request.extensions().get::<TcpConnectInfo>()` and in
/// `tonic::Request::remote_addr`, with or without TLS.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    /// Bytes read to detect the protocol, and how many of them were replayed.
    beginning: (Beginning, usize),
    protocol: Protocol,
    peer: TcpConnectInfo,
    _permit: Option<ConnectionPermit>,
}

/// Protocol, with its way to detect an idle client.
#[derive(Debug)]
enum Protocol {
    /// Idle clients fail to answer pings.
    Http2 {
        resets: ResetLimiter,
        /// Reading is suspended until it ends.
        pause: Option<Pin<Box<Sleep>>>,
    },
    /// Closed after this time without traffic, since the protocol has no pings.
    Http1 { idle_time: Duration, idle: Pin<Box<Sleep>> },
}

impl Connection {
    /// Completes the TLS handshake and waits for the client's first bytes. The caller sets the time limit.
    pub async fn begin(socket: TcpStream, tls: Option<Arc<ServerConfig>>, idle_time: Duration) -> io::Result<Self> {
        let peer = socket.connect_info();
        let mut stream = match tls {
            Some(tls) => Either::Right(Box::new(TlsAcceptor::from(tls).accept(socket).await?)),
            None => Either::Left(socket),
        };
        // A request of HTTP/1.1 is never shorter: it names its host.
        let mut first_bytes = [0; PREFACE.len()];
        stream.read_exact(&mut first_bytes).await?;
        let protocol = if first_bytes == PREFACE {
            Protocol::Http2 { resets: ResetLimiter::new(Instant::now()), pause: None }
        } else if has_method(&first_bytes) {
            Protocol::Http1 { idle_time, idle: Box::pin(sleep(idle_time)) }
        } else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not send HTTP"));
        };
        Ok(Self { stream, beginning: (first_bytes, 0), protocol, peer, _permit: None })
    }

    /// Attaches a permit for the connection's lifetime; None at the limit.
    pub fn with_permit(self, limiter: &ConnectionLimiter) -> Option<Self> {
        let permit = limiter.take(self.peer.remote_addr()?.ip())?;
        Some(Self { _permit: Some(permit), ..self })
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
        let (first_bytes, replayed) = &mut self.beginning;
        let rest = first_bytes.get(*replayed..).unwrap_or_default();
        if !rest.is_empty() {
            let (now, _) = rest.split_at(rest.len().min(buffer.remaining()));
            buffer.put_slice(now);
            *replayed = replayed.saturating_add(now.len());
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
    /// Waits for bytes, or for the idle time to end.
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

/// Tells if a line begins with a method, as requests of HTTP/1.1 do (RFC 9110, 9.1).
fn has_method(first_bytes: &[u8]) -> bool {
    let method = first_bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
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
