//! CSV of subscription lines: column mapping, rows, prices.

pub(crate) mod columns;
pub mod mapping;
pub(crate) mod price;
pub(crate) mod rows;
