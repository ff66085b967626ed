//! Facts as they are written down, and the one way from there to facts that can be believed.
//!
//! Files, the database and the gRPC edge all go through [`raw`] and [`decode`]: a fact is checked once, by the same
//! rules, whatever way it came. Every violation is reported, not only the first. [`filter`] reads conditions on movements.

pub mod decode;
pub mod dto;
pub mod encode;
pub mod envelope;
pub mod filter;
pub mod granularity;
pub mod month;
pub mod periods;
pub mod rate;
pub mod tabular;
pub mod validation;
