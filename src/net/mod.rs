//! Connections: listening, TLS, limits.

pub(crate) mod connection;
pub(crate) mod connection_limit;
pub mod limits;
pub mod listener;
pub(crate) mod rapid_reset;
pub mod tls;
