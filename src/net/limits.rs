//! Limits of connections, documented in `docs/operating.md`.

use std::time::Duration;

/// The most requests of one connection that were given up before anybody looked at them.
pub const MAX_RESET_STREAMS: usize = 1_024;
/// A client may take back one request in this time, on each connection, in the long run; beyond it is read more slowly.
pub const TIME_FOR_A_RESET: Duration = Duration::from_millis(1);
/// For how much of that time it may do so at once.
pub const RESETS_AHEAD: Duration = Duration::from_millis(500);
/// A connection that does not answer a ping within the timeout is closed.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// The largest file of TLS that is read, in bytes.
pub const MAX_TLS_FILE_BYTES: u64 = 1 << 20;
/// How often the files of TLS are looked at.
pub const TLS_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What holds for connections, before and while they carry requests. Together with the handshakes they stay well below
/// the 1,024 files that a process may have open on most machines: the store and the sinks need some too.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// At a time.
    pub connections: usize,
    /// Of one address, or of one network of version 6: not all, so that nobody can keep others out.
    pub connections_of_one_address: usize,
    /// Connections that have yet to begin; more end the one that has taken longest.
    pub handshakes: usize,
    /// How long a connection may take until it is encrypted, if it is to be, and its client begins to speak.
    pub handshake_time: Duration,
    /// How long a request may take to come and to be answered, where the answer is one message.
    pub request_time: Duration,
    /// How long the client of `StreamFacts` may send nothing.
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
