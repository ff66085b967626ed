//! The shell around the rules: load customers → decide → record, in one transaction.
//!
//! [`writers`] is the handle: it hands each request to the writer of its customers. A [`writer`] is a task that records
//! what is waiting together: a request that is dropped drops only its answer, never a transaction half-way. [`batch`]
//! has the phases, [`draft`] is what they come to in memory, [`decide`] is pure, [`announce`] says which events are due, [`known`] is a customer as a decision
//! needs it, [`cache`] those at hand. [`verify`] derives everything again and compares.

mod announce;
mod batch;
mod cache;
mod decide;
mod draft;
pub mod error;
pub mod job;
mod known;
pub mod submitted;
mod unannounced;
pub mod verify;
pub mod view;
mod writer;
pub mod writers;
