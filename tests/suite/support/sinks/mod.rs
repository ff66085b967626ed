//! Sinks: receivers, events to send, and what is compared of them.

pub mod receiver;
pub mod events;
pub mod outcomes;
pub mod payloads;
