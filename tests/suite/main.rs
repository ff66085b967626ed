//! All tests that need more than one room, in one binary.

#![expect(clippy::duplicate_mod, reason = "the conformance suite runs on each database")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod architecture;
mod bad_sinks;
mod binary;
mod canary;
mod cases;
mod classify;
mod cli;
mod console;
mod desk;
mod history;
mod keys;
mod keys_cli;
mod late_commit;
mod laws;
mod lifecycle;
mod listening;
mod nats;
mod on_postgres;
mod on_sqlite;
mod outage;
mod parsers;
mod postgres;
mod python;
mod quickstart;
mod secrets;
mod serve;
mod server;
mod sinks;
mod sinks_http;
mod sinks_other;
mod store;
mod whole_books;
