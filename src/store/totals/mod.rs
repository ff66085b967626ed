//! Totals beside the journal.

pub mod customer_total;
pub mod movement_total;
pub mod renewal_total;
