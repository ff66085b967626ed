//! Questions about the journal, and about deliveries. Reports read entries, never facts; only [`explain`], and a filter
//! that asks what finance named, look at the facts behind a movement.

pub mod audit;
pub mod conversion;
mod customer_history;
pub mod deliveries;
pub mod error;
pub mod explain;
pub mod export;
pub mod groups;
pub mod movements;
pub mod mrr;
pub mod overrides;
pub mod rates;
pub mod retention;
pub mod scheduled;
pub mod scope;
pub mod waterfall;
