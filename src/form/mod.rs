//! Facts as they are written down, and the one way from there to facts that can be believed.
//!
//! Files, the database and the gRPC edge all go through [`raw`] and [`decode`]: a fact is checked once, by the same
//! rules, whatever way it came. Every violation is reported, not only the first.

pub mod csv_lines;
mod csv_mapping;
mod csv_price;
mod csv_row;
pub mod decode;
mod document;
pub mod encode;
pub mod event;
mod json;
mod json_lines;
pub mod movement;
mod newlines;
pub mod raw;
pub mod reader;
mod reading;
mod terms;
pub mod violation;
