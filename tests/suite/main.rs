//! All tests that need more than one room, in one binary.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod architecture;
mod billing;
mod binary;
mod cases;
mod classify;
mod cli;
mod crash;
mod history;
mod import;
mod import_facts;
mod laws;
mod lifecycle;
mod parsers;
mod questions;
mod serve;
mod server;
mod verify;
mod whole_books;
