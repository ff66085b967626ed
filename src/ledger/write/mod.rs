//! The write path: batches of commands, decided in memory, written in one transaction.
//!
//! | file | contents |
//! |---|---|
//! | `writer_task` | takes waiting commands from the queue, replies |
//! | `batch` | phases of a batch: load → decide → write, with retries |
//! | `unit_of_work` | all changes of a batch, in memory |
//! | `decide` | decision on one customer's facts, pure |
//! | `entry_builder` | journal entries of a recording (R16) |
//! | `due_events` | events to write to the outbox (R18) |
//! | `audit_record` | audit record of a fact |
//! | `customer_state` | state of a customer that a decision needs |
//! | `customer_cache` | customers in memory |

pub(crate) mod writer_task;
pub(crate) mod batch;
pub(crate) mod unit_of_work;
pub(crate) mod decide;
pub(crate) mod entry_builder;
pub(crate) mod due_events;
pub(crate) mod audit_record;
pub(crate) mod customer_state;
pub(crate) mod customer_cache;
