//! All tests that need more than one room, in one binary.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod architecture;
mod billing;
mod cases;
mod classify;
mod crash;
mod lifecycle;
mod questions;
mod server;
