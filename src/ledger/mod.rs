//! The shell around the rules: load customers → decide → record, in one transaction.
//!
//! [`writers`] is the handle: it hands each request to the writer of its customers. A [`writer`] is a task that records
//! what is waiting together: a request that is dropped drops only its answer, never a transaction half-way. [`batch`]
//! has the phases, [`draft`] is what they come to in memory, [`decide`] is pure, [`post`] makes entries of it, [`announce`] says
//! which events are due, [`audited`] what goes into the audit trail, [`known`] is a customer as a decision needs it,
//! [`cache`] those at hand.
//!
//! [`period`] closes months and [`policy`] changes the policy: both keep all writers away while they change the books.
//! [`rates`] adds exchange rates. [`verify`] derives everything again and compares, [`verify_totals`] the totals; [`trail`]
//! verifies the audit trail.

mod announce;
mod audited;
mod batch;
mod cache;
mod decide;
mod digest;
mod draft;
pub mod error;
pub mod job;
mod known;
pub mod overriding;
pub mod period;
pub mod policy;
mod post;
pub mod rates;
pub mod submitted;
pub mod trail;
mod unannounced;
pub mod verify;
mod verify_periods;
mod verify_reversals;
mod verify_totals;
pub mod view;
mod writer;
pub mod writers;
