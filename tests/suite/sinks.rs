//! The sinks, against receivers on this machine: what each is told, and what the tests share.

pub mod events;
pub mod payloads;
pub mod receiver;

mod intilery;
mod kissmetrics;
mod segment;
