//! Statements of reports.

pub mod customer_activity;
pub mod customer_months;
pub(crate) mod group_statements;
pub mod group_sums;
pub mod renewals;
pub(crate) mod sum_statements;
pub mod sums;
