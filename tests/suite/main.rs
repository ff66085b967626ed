//! Tests that need more than one room, by feature: a folder for each feature, in one binary.
//!
//! | | |
//! |---|---|
//! | [`support`] | stores, servers, programs, receivers and rows that the tests share |
//! | [`on_sqlite`], [`on_postgres`] | `conformance.rs` of each feature: what holds on both databases |
//! | the others | `mod.rs` of each feature: what needs no database, or one of them |
//! | [`generated_facts`] | generated histories, shared with the domain tier |

#![expect(clippy::duplicate_mod, reason = "the conformance suite runs on each database")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod access;
mod cli;
mod codec;
mod proto;
mod console;
mod facts;
mod journal;
mod server;
mod sinks;
mod store;

mod on_postgres;
mod on_sqlite;

#[path = "../domain/facts/mod.rs"]
#[expect(dead_code, reason = "the domain tier uses all of it")]
mod generated_facts;
