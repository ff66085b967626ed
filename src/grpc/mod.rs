//! The gRPC service. Only this room, and its clients through [`client`], use the generated types.
//!
//! A request is authenticated, decoded, answered by the ledger or a report, and encoded; errors become statuses in
//! one place.
//!
//! | file | contents |
//! |---|---|
//! | [`limits`] | limits of requests, documented in the README |
//! | [`codec`] | protobuf messages; malformed ones are INVALID_ARGUMENT |
//! | [`auth`], [`roles`] | authentication layer, and the roles of each method |
//! | `caller` | the authenticated caller of a request |
//! | [`wire`] | conversion between messages and domain types |
//! | `page_token` | opaque page tokens |
//! | `status` | errors to statuses |
//! | [`services`] | the methods |
//! | `stream_end` | end of a stream by shutdown or revocation |
//! | [`server`] | services, health, reflection and shutdown |
//! | [`client`] | generated clients, in process or of a server |
//! | [`v1`] | the generated types |

pub mod limits;
pub mod codec;
pub mod auth;
pub mod roles;
mod caller;
pub mod wire;
mod page_token;
mod status;
pub mod services;
mod stream_end;
pub mod server;
pub mod client;

/// Generated from `proto/deltabook/v1`.
pub mod v1 {
    #![expect(clippy::pedantic, clippy::allow_attributes, clippy::as_conversions, reason = "generated code")]
    tonic::include_proto!("deltabook.v1");
}

/// The file descriptor set, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/deltabook.bin"));
