//! Statements of reports.

pub mod customer_activity;
pub mod customer_months;
pub mod group_sums;
pub mod renewals;
pub mod sums;
