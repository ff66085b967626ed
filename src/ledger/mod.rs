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

pub mod command;
pub mod commands;
pub mod customer_view;
pub mod error;
pub mod handle;
pub mod pending;
mod period_digest;
pub mod verify;
pub mod write;
