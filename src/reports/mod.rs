//! Questions about the journal, and about deliveries. Reports read entries, never facts; only [`explain`], and a filter
//! that asks what finance named, look at the facts behind a movement.

pub mod audit;
pub mod cohorts;
pub mod conversion;
pub mod customers;
pub mod deliveries;
pub mod effect;
pub mod error;
pub mod explain;
pub mod export;
pub mod feed;
pub mod finance_word;
pub mod follow;
pub mod groups;
mod histories;
pub mod levels;
pub mod movements;
pub mod mrr;
mod necessary;
mod overridden;
pub mod overrides;
pub mod rates;
pub mod reasons;
pub mod retention;
pub mod scheduled;
pub mod scope;
pub mod selection;
mod traces;
pub mod waterfall;
