//! Facts from CSV.

pub(crate) mod columns;
pub mod mapping;
pub(crate) mod price;
pub(crate) mod rows;
