//! What a request may be, named in one place and documented in the README.

use std::time::Duration;

/// The largest message that is read.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// The largest answer. Clients have a limit of their own, 4 MiB unless told otherwise.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The most facts in a request, or in a batch of a stream.
pub const MAX_FACTS: usize = 1_000;
/// The most months in a waterfall.
pub const MAX_MONTHS: usize = 600;
/// Batches of one stream that are read ahead of the one that is being recorded.
pub const STREAM_READ_AHEAD: usize = 4;
/// The most requests at a time on one connection.
pub const MAX_STREAMS_PER_CONNECTION: u32 = 256;
/// The most requests of one connection that were given up before anybody looked at them.
pub const MAX_RESET_STREAMS: usize = 1_024;
/// A connection that does not answer a ping within the timeout is closed.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long a ping may stay without an answer.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a shutdown waits for open requests.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
