//! Instants ↔ timestamps of the wire.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use prost_types::Timestamp;

/// An instant on the wire.
#[must_use]
pub fn instant(instant: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: instant.timestamp(), nanos: instant.timestamp_subsec_nanos().cast_signed() }
}

/// An instant to the microsecond: the store knows no finer ones.
pub(in crate::grpc) fn parse(value: Timestamp) -> Result<DateTime<Utc>, &'static str> {
    const WRONG: &str = "is not an instant from 1970 to 9999";
    let nanos = u32::try_from(value.nanos).map_err(|_| WRONG)?;
    let instant = DateTime::from_timestamp(value.seconds, nanos).ok_or(WRONG)?.trunc_subsecs(6);
    if (1970..=9999).contains(&instant.year()) { Ok(instant) } else { Err(WRONG) }
}
