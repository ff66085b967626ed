//! Lifecycle events (R18).

pub mod event;
pub mod lifecycle;
pub(crate) mod plan;
