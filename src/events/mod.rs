//! Events on their way out: from the outbox to the systems that act on them.
//!
//! The outbox ([`crate::store::events::outbox`]) is written with the journal. The relay reads it and hands the events to sinks;
//! what each sink sends is documented in `docs/events.md`.

mod backoff;
mod delivery_outcome;
pub mod due_scheduler;
pub mod event_filter;
mod journal_forwarder;
pub mod outbox_pruning;
pub mod redrive;
pub mod relay;
pub mod secret;
pub mod sink;
pub mod sink_worker;
