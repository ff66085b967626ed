//! Facts from files: JSON Lines, one JSON object with many, and CSV of subscription lines.
//!
//! Each fact comes as a [`reading::Reading`], with the line on which it stands and all that is wrong with it. Only then
//! [`crate::form::decode`] judges its values.

pub mod csv_lines;
mod csv_mapping;
mod csv_price;
mod csv_row;
mod document;
mod json;
mod json_lines;
mod newlines;
pub mod reader;
mod reading;
