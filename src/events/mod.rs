//! Delivers events from the outbox to sinks.
//!
//! The outbox ([`crate::store::events::outbox`]) is written with the journal. The relay reads it and hands the events to
//! sinks; `docs/events.md` documents what each sink sends.
//!
//! | file | contents |
//! |---|---|
//! | `relay` | tasks of a process: a worker for each sink, scheduler, pruning |
//! | `sink_worker` | delivers the due events of one sink, batch by batch |
//! | `delivery_outcome` | progress, retries and dead letters of a batch |
//! | `backoff` | delays between attempts |
//! | `journal_forwarder` | forwards journal entries to a sink |
//! | `due_scheduler` | writes events to the outbox when their date comes |
//! | `outbox_pruning` | deletes events after their retention |
//! | `redrive` | sends events again, enables a disabled sink |
//! | `event_filter` | events a sink gets, and their names |
//! | `secret` | references to secrets in the configuration |
//! | `sink` | the sinks |

pub mod relay;
pub mod sink_worker;
mod delivery_outcome;
mod backoff;
mod journal_forwarder;
pub mod due_scheduler;
pub mod outbox_pruning;
pub mod redrive;
pub mod event_filter;
pub mod secret;
pub mod sink;
