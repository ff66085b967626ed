//! Overrides of modification types.

use super::store;

pub mod override_service;
pub mod worked_examples;
