//! Facts of a customer, their checks on arrival (R15), and facts without effect.

pub mod customer_facts;
pub mod fact;
pub(crate) mod fact_key;
pub mod interval;
pub mod refusal;
pub mod void;
