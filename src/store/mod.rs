//! The database: tables, statements, transactions.
//!
//! | folder | contents |
//! |---|---|
//! | [`db`] | the drivers behind one enum, and the only code that differs between them |
//! | [`sql`] | statements: literals that are rendered for each database |
//! | [`error`] | failures |
//! | [`tenants`] | tenants, closed months, exchange rates |
//! | [`access`] | API keys |
//! | [`facts`] | customers and facts |
//! | [`journal`] | entries, and numbers of entries and events |
//! | [`totals`] | totals beside the journal |
//! | [`reports`] | sums for reports |
//! | [`events`] | outbox, deliveries, sinks |
//! | [`audit`] | audit trail |
//!
//! A statement is a constant beside the function that runs it. A transaction is [`db::Tx`]; nothing is stored but by
//! [`db::Tx::commit`].

pub mod db;
pub mod sql;
pub mod error;
pub mod tenants;
pub mod access;
pub mod facts;
pub mod journal;
pub mod totals;
pub mod reports;
pub mod events;
pub mod audit;
