//! Facts as they are written down, and the one way from there to facts that can be believed.
//!
//! Files, the database and the gRPC edge all go through [`raw`] and [`decode`]: a fact is checked once, by the same
//! rules, whatever way it came. Every violation is reported, not only the first. [`filter`] reads conditions on movements.

pub mod csv;
pub mod decode;
mod decode_line;
mod decode_order;
mod decode_override;
mod digits;
pub mod encode;
pub mod envelope;
pub mod event;
pub mod filter;
pub mod granularity;
pub mod month;
pub mod movement;
pub mod parquet_table;
pub mod periods;
pub mod rate;
pub mod raw;
pub mod record;
pub mod sheet;
mod terms;
pub mod violation;
