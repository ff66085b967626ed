//! Code that subcommands share.

pub(crate) mod conversion;
pub(crate) mod csv_reader;
pub(crate) mod diagnostics;
pub(crate) mod months;
pub(crate) mod movement_filter;
pub(crate) mod movement_output;
pub mod output;
pub(crate) mod progress;
pub(crate) mod table;
pub(crate) mod target;
pub(crate) mod tls_client;
