//! The shell around the rules: load customers → decide → write, in one transaction.
//!
//! | file | contents |
//! |---|---|
//! | `handle` | [`handle::Ledger`]: routes facts to the writer of their customer |
//! | `command` | commands, their modes and results |
//! | `error` | refused facts and failures |
//! | `write` | writer tasks: batches decided in memory, written in one transaction |
//! | `commands` | override, close a month, change the policy, import rates |
//! | `customer_view` | a customer's facts and their replay |
//! | `verify` | replays everything and compares; verifies totals and the audit trail |
//!
//! A command runs in a writer's task. A caller that goes away drops its reply, never a transaction half-way.

pub mod handle;
pub mod command;
pub mod error;
pub mod write;
pub mod commands;
pub mod customer_view;
pub mod verify;
