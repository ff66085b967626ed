//! Conversion between wire messages and the types of the domain.

pub(crate) mod audit;
pub(crate) mod cohorts;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod explain;
pub mod facts;
pub(crate) mod grouping;
pub mod movement;
pub(crate) mod overrides;
pub(crate) mod periods;
pub(crate) mod retention;
pub(crate) mod waterfall;
pub mod timestamp;
pub mod wire_enum;
