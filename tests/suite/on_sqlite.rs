//! The conformance suite on SQLite.

use super::support::store::sqlite as store;

#[path = "conformance.rs"]
mod conformance;
