//! Tables of tenants: policy, closed months, exchange rates.

pub mod closing;
pub mod rate;
pub mod tenant;
