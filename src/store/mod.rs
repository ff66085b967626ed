//! The database: facts as they came, the journal, the outbox.
//!
//! [`db`] holds the drivers behind one enum and the only code that differs between them; each other file is one family
//! of tables. Every statement is a constant beside the function that uses it. A transaction is [`db::Tx`]; nothing is
//! stored but by [`db::Tx::commit`].

pub mod accounts;
pub mod api_key;
pub mod audit;
pub mod audit_entry;
pub mod closing;
pub mod customer;
pub mod customer_months;
pub mod customer_total;
pub mod db;
pub mod delivery;
pub mod entry;
mod entry_row;
pub mod error;
pub mod fact;
mod group_statements;
pub mod group_sums;
pub mod journal;
pub mod kissmetrics;
pub mod movement_page;
mod movement_statements;
pub mod outbox;
pub mod overrides;
mod page_row;
pub mod rate;
pub mod redrive;
pub mod renewal_total;
pub mod renewals;
pub mod sequence;
pub mod sink;
pub mod statements;
mod sum_statements;
pub mod sums;
pub mod tenant;
pub mod total;
