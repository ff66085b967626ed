//! `deltabook verify` on stores that were tampered with.

use super::store;

mod audit_records;
mod audit_trail;
mod journal;
