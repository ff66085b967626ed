//! The database: facts as they came, the journal, the outbox.
//!
//! [`db`] holds the drivers behind one enum and the only code that differs between them; each other file is one family
//! of tables. A statement is a constant beside the function that runs it ([`sql`]). A transaction is [`db::Tx`]; nothing
//! is stored but by [`db::Tx::commit`].

pub mod access;
pub mod audit;
pub mod db;
pub mod error;
pub mod events;
pub mod facts;
pub mod journal;
pub mod reports;
pub mod sql;
pub mod tenants;
pub mod totals;
