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
/// How long a ping may stay without an answer.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a shutdown waits for open requests.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
