//! Connections of the service, below gRPC and HTTP.
//!
//! | file | contents |
//! |---|---|
//! | [`limits`] | the limits, documented in `docs/operating.md` |
//! | [`listener`] | accepts connections, up to the first HTTP frame |
//! | `connection_limit` | number of connections, in all and from one address |
//! | [`tls`] | certificates and client authorities, reloaded while the service runs |
//! | `connection` | a connection of HTTP/2 or HTTP/1.1, with or without TLS |
//! | `rapid_reset` | limit of stream resets (CVE-2023-44487) |

pub mod limits;
pub mod listener;
pub(crate) mod connection_limit;
pub mod tls;
pub(crate) mod connection;
pub(crate) mod rapid_reset;
