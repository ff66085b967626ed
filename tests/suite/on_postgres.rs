//! The conformance suite on PostgreSQL.

use super::support::store::postgres as store;

#[path = "conformance.rs"]
mod conformance;
