//! The gRPC service: wire ↔ facts and reports. Only this room names generated types.
//!
//! A request is decoded ([`decode`]), handed to the ledger or a report, and the answer encoded ([`encode`]); errors
//! become statuses in one place ([`status`]). Connections come in by [`listener`], encrypted by [`tls`] if they are to be.

mod admin;
mod audit;
pub mod auth;
mod billing;
pub mod codec;
mod cohorts;
mod connection;
mod decode;
mod encode;
mod ending;
mod explain;
mod export;
pub mod facts;
mod finance;
mod grouping;
mod keys;
pub mod limits;
pub mod listener;
mod movement;
mod overrides;
mod page_token;
mod periods;
mod places;
pub mod questions;
mod rates;
mod resets;
mod retention;
pub mod roles;
pub mod server;
mod status;
mod stream;
mod tenant;
pub mod tls;
mod watch;
mod waterfall;
mod who;
pub mod words;

/// Generated from `proto/deltabook/v1`.
pub mod v1 {
    #![expect(clippy::pedantic, clippy::allow_attributes, clippy::as_conversions, reason = "generated code")]
    tonic::include_proto!("deltabook.v1");
}

/// The file descriptor set, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/deltabook.bin"));
