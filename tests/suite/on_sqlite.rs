//! The conformance suite on SQLite.

use super::store::sqlite as store;

#[path = "conformance/mod.rs"]
mod conformance;
