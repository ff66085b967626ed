//! `deltabook verify` on stores that were tampered with.

use super::store;

mod audit_trail;
mod journal;
