//! Limits of connections, documented in `docs/operating.md`.

use std::time::Duration;

/// Streams of one connection that were reset before they were processed.
pub const MAX_RESET_STREAMS: usize = 1_024;
/// Time for one stream reset on each connection in the long run; faster clients are read more slowly.
pub const TIME_FOR_A_RESET: Duration = Duration::from_millis(1);
/// Burst of stream resets, as the time that they stand for.
pub const RESETS_AHEAD: Duration = Duration::from_millis(500);
/// A connection that does not answer a ping within the timeout is closed.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// Maximum size of a TLS file in bytes.
pub const MAX_TLS_FILE_BYTES: u64 = 1 << 20;
/// Interval at which TLS files are checked for changes.
pub const TLS_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Limits of connections. Together with the handshakes they stay well below the 1,024 file descriptors of a process on
/// most machines: the store and the sinks need some too.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Concurrent connections.
    pub connections: usize,
    /// Concurrent connections from one address, or one IPv6 network: below the total, so that one client cannot lock out
    /// others.
    pub connections_of_one_address: usize,
    /// Connections in handshake; above the limit the oldest one is closed.
    pub handshakes: usize,
    /// Time limit of the TLS handshake and the client's first bytes.
    pub handshake_time: Duration,
    /// Time limit of a request with one response message, from its first byte to its response.
    pub request_time: Duration,
    /// Time limit between two messages of a client of `StreamFacts`.
    pub stream_idle_time: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            connections_of_one_address: 256,
            handshakes: 256,
            handshake_time: Duration::from_secs(10),
            request_time: Duration::from_mins(5),
            stream_idle_time: Duration::from_mins(10),
        }
    }
}
