//! The write path: batches of commands, decided in memory, written in one transaction.

pub(crate) mod audit_record;
pub(crate) mod batch;
pub(crate) mod customer_cache;
pub(crate) mod customer_state;
pub(crate) mod decide;
pub(crate) mod due_events;
pub(crate) mod entry_builder;
pub(crate) mod unit_of_work;
pub(crate) mod writer_task;
