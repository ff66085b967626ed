//! A connection that speaks HTTP/2, encrypted or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::places::{Place, Places};
use super::resets::Resets;

/// What every client of HTTP/2 says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose client has begun to speak HTTP/2.
///
/// Whoever handles a request finds the address of its client in `request.extensions().get::<TcpConnectInfo>()`, and in
/// `tonic::Request::remote_addr`, with TLS or without.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    /// Of the preface, which was read to see that it is one: what is still to be read again.
    preface: &'static [u8],
    resets: Resets,
    /// Until it is over nothing is read.
    pause: Option<Pin<Box<Sleep>>>,
    peer: TcpConnectInfo,
    _place: Option<Place>,
}

impl Connection {
    /// Shakes hands, and waits until the client begins to speak. How long that may take, the caller knows.
    pub async fn begin(socket: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let peer = socket.connect_info();
        let mut stream = match tls {
            Some(tls) => Either::Right(Box::new(TlsAcceptor::from(tls).accept(socket).await?)),
            None => Either::Left(socket),
        };
        let mut said = [0; PREFACE.len()];
        stream.read_exact(&mut said).await?;
        if said != PREFACE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP/2"));
        }
        let resets = Resets::new(Instant::now());
        Ok(Self { stream, preface: PREFACE, resets, pause: None, peer, _place: None })
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
        if !self.preface.is_empty() {
            let (now, later) = self.preface.split_at(self.preface.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.preface = later;
            return Poll::Ready(Ok(()));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        self.pause = self.resets.pause_after(read, Instant::now()).map(|pause| Box::pin(sleep(pause)));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
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
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
