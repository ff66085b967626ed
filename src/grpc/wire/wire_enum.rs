//! Enum values and instants on the wire ↔ the words and instants of everything else.

use prost_types::Timestamp;

/// The word of an enum value as files spell it; empty for UNSPECIFIED, the number for one that is not known.
#[must_use]
pub fn word<E: TryFrom<i32>>(value: i32, prefix: &str, name: impl Fn(&E) -> &'static str) -> String {
    if value == 0 {
        return String::new();
    }
    E::try_from(value)
        .map_or_else(|_| value.to_string(), |known| name(&known).strip_prefix(prefix).unwrap_or_default().to_owned())
}

/// The number of an enum value by its name; 0, UNSPECIFIED, for a name that the contract does not have.
macro_rules! number {
    ($kind:ident, $prefix:literal, $name:expr) => {
        $crate::grpc::v1::$kind::from_str_name(&format!(concat!($prefix, "{}"), $name)).map_or(0, i32::from)
    };
}
pub(in crate::grpc) use number;

/// An instant on the wire.
#[must_use]
pub fn instant(instant: chrono::DateTime<chrono::Utc>) -> Timestamp {
    Timestamp {
        seconds: instant.timestamp(),
        nanos: i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}
