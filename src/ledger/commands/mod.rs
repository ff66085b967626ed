//! Commands on the books beside recording facts: overrides, closing, policy, rates.

pub mod override_cause;
pub mod period;
pub mod policy;
pub mod rates;
