//! Commands beside recording facts.
//!
//! | file | contents |
//! |---|---|
//! | `override_cause` | overrides the modification type of a cause (R13) |
//! | `period` | closes and reopens months (R16) |
//! | `policy` | changes the policy and replays every customer |
//! | `rates` | imports exchange rates |

pub mod override_cause;
pub mod period;
pub mod policy;
pub mod rates;
