//! The conformance suite on PostgreSQL.

use super::store::postgres as store;

#[path = "conformance/mod.rs"]
mod conformance;
