//! Tables of customers and facts.
//!
//! | file | contents |
//! |---|---|
//! | `customer` | versions of customers |
//! | `fact` | facts, every revision |
//! | `overrides` | lists of overrides |

pub mod customer;
pub mod fact;
pub mod overrides;
