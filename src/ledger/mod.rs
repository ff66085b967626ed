//! The shell around the rules: load a customer → decide → record, in one transaction.
//!
//! All writes go through one task, [`writer`]: a request that is dropped drops only its answer, never a transaction
//! half-way. [`record`] has the phases; [`decide`] is pure; [`verify`] derives everything again and compares.

pub mod decide;
pub mod error;
pub mod record;
pub mod verify;
pub mod view;
pub mod writer;
