//! Options, output and input that several subcommands share.
//!
//! | modules | content |
//! |---|---|
//! | [`target`], [`tls_client`] | store or server of a command, with its records; TLS options |
//! | [`months`], [`conversion`], [`movement_filter`] | options: ranges, currency and grouping, movement filter |
//! | [`output`], [`table`], [`movement_output`], [`progress`] | stdout and stderr, tables, table of movements, progress bar |
//! | [`csv_reader`], [`diagnostics`] | CSV input; errors by line |

pub(crate) mod target;
pub(crate) mod tls_client;

pub(crate) mod months;
pub(crate) mod conversion;
pub(crate) mod movement_filter;

pub mod output;
pub(crate) mod table;
pub(crate) mod movement_output;
pub(crate) mod progress;

pub(crate) mod csv_reader;
pub(crate) mod diagnostics;
