//! Totals beside the journal, written in the transaction of the entries.
//!
//! | file | contents |
//! |---|---|
//! | `movement_total` | sums by day, by month, and by month and item |
//! | `renewal_total` | renewed and lapsed MRR by month |
//! | `customer_total` | beginnings and ends of activity by month |

pub mod movement_total;
pub mod renewal_total;
pub mod customer_total;
