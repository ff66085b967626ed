//! Statements of reports.
//!
//! | file | contents |
//! |---|---|
//! | `sums` | sums by month or day |
//! | `group_sums` | the same by item, customer or attribute |
//! | `renewals` | renewed and lapsed MRR |
//! | `customer_activity` | sums and changes of activity of each customer |
//! | `customer_months` | sums of each customer by month |

pub mod sums;
pub mod group_sums;
pub mod renewals;
pub mod customer_activity;
pub mod customer_months;
