//! Movements and what the journal makes of them: corrections, activity of customers, reconciliation.

pub mod audit;
pub mod correction;
pub mod customer_activity;
pub mod entry;
pub mod ledger_settings;
pub mod movement;
pub mod reconciliation;
