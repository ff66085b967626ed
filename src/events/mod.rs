//! Events on their way out: from the outbox to the systems that act on them.
//!
//! The outbox ([`crate::store::outbox`]) is written with the journal. The relay reads it and hands the events to sinks;
//! what each sink sends is documented in `docs/events.md`.

mod backoff;
pub mod choice;
pub mod courier;
mod journal;
mod notes;
pub mod redrive;
pub mod relay;
pub mod reminder;
pub mod retention;
pub mod secret;
pub mod sink;
