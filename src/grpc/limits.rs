//! What a request may be, named in one place and documented in the README.

use std::time::Duration;

/// The largest message that is read.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// The largest answer. Clients have a limit of their own, 4 MiB unless told otherwise.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The most facts in a request, or in a batch of a stream.
pub const MAX_FACTS: usize = 1_000;
/// The most exchange rates in an import.
pub const MAX_RATES: usize = 50_000;
/// The most periods in a retention triangle: what is answered grows with their square.
pub const MAX_COHORTS: usize = 120;
/// The most months in a report.
pub const MAX_MONTHS: usize = 600;
/// The most days in a report by day.
pub const MAX_DAYS: i64 = 1_000;
/// The most periods of all groups of a report together, in one currency.
pub const MAX_GROUP_PERIODS: usize = 60_000;
/// The most exports at a time: each has a connection that reads for itself.
pub const MAX_EXPORTS: usize = 4;
/// The largest piece of an export: large enough to cost little, small enough that little waits for a client. At most 1 MiB by the
/// contract.
pub const EXPORT_CHUNK_BYTES: usize = 256 * 1024;
/// How long an export waits for its client to take a piece; PostgreSQL waits for 60 seconds.
pub const EXPORT_PATIENCE: Duration = Duration::from_secs(50);
/// Batches of one stream that are read ahead of the one that is being recorded.
pub const STREAM_READ_AHEAD: usize = 4;
/// The most requests at a time on one connection.
pub const MAX_STREAMS_PER_CONNECTION: u32 = 256;
/// The most requests of one connection that were given up before anybody looked at them.
pub const MAX_RESET_STREAMS: usize = 1_024;
/// A client may take back one request in this time, on each connection, in the long run; beyond it is read more slowly.
pub const TIME_FOR_A_RESET: Duration = Duration::from_millis(1);
/// For how much of that time it may do so at once.
pub const RESETS_AHEAD: Duration = Duration::from_millis(500);
/// A connection that does not answer a ping within the timeout is closed.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long a ping may stay without an answer.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a shutdown waits for open requests.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
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
