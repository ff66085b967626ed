//! The first tier of the tests: worked examples and laws of the rules, without a server and without a store.
//!
//! `cargo test --test domain` runs them; `cargo test --test domain case_12` runs one worked example.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod facts;
mod laws;
mod lifecycle;
