//! The gRPC services, a file for each group of methods.

pub(crate) mod admin;
pub(crate) mod billing;
pub(crate) mod export;
pub(crate) mod finance;
pub(crate) mod keys;
pub(crate) mod movement;
pub(crate) mod rates;
pub(crate) mod stream_facts;
pub(crate) mod tenant;
pub(crate) mod watch_movements;
