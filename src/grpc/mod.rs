//! The gRPC service: wire ↔ facts and reports. Only this room names generated types.
//!
//! A request is decoded ([`decode`]), handed to the ledger or a report, and the answer encoded ([`encode`]); errors
//! become statuses in one place ([`status`]). Connections come in by [`listener`], encrypted by [`tls`] if they are to be.

pub mod auth;
mod caller;
pub mod client;
pub mod codec;
pub mod limits;
mod page_token;
pub mod roles;
pub mod server;
pub mod services;
mod status;
mod stream_end;
pub mod wire;

/// Generated from `proto/deltabook/v1`.
pub mod v1 {
    #![expect(clippy::pedantic, clippy::allow_attributes, clippy::as_conversions, reason = "generated code")]
    tonic::include_proto!("deltabook.v1");
}

/// The file descriptor set, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/deltabook.bin"));
