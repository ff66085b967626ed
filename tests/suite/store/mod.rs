//! The store, without a database.

mod golden;
mod source;
