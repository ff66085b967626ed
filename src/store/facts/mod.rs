//! Tables of facts and customers.

pub mod customer;
pub mod fact;
pub mod overrides;
