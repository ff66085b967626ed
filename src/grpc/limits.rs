//! Limits of requests, documented in the README.

use std::time::Duration;

/// Largest request message.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// Largest answer. Clients have a separate limit, 4 MiB by default.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Maximum number of facts in a request, or in a batch of a stream.
pub const MAX_FACTS: usize = 1_000;
/// Maximum number of exchange rates in an import.
pub const MAX_RATES: usize = 50_000;
/// Maximum number of periods in a retention triangle: the answer grows with their square.
pub const MAX_COHORTS: usize = 120;
/// Maximum number of months in a report.
pub const MAX_MONTHS: usize = 600;
/// Maximum number of days in a report by day.
pub const MAX_DAYS: i64 = 1_000;
/// Maximum number of periods of all groups of a report together, in one currency.
pub const MAX_GROUP_PERIODS: usize = 60_000;
/// Maximum number of concurrent exports: each uses a database connection.
pub const MAX_EXPORTS: usize = 4;
/// Largest chunk of an export: a compromise between overhead and buffered memory. At most 1 MiB by the contract.
pub const EXPORT_CHUNK_BYTES: usize = 256 * 1024;
/// Time limit of an export for its client to read a chunk; below the 60 seconds of PostgreSQL.
pub const EXPORT_PATIENCE: Duration = Duration::from_secs(50);
/// Number of batches of a stream read ahead of the one being recorded.
pub const STREAM_READ_AHEAD: usize = 4;
/// Maximum number of concurrent requests on one connection.
pub const MAX_STREAMS_PER_CONNECTION: u32 = 256;
/// Time limit for the answer to a ping.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit of a shutdown for open requests.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
