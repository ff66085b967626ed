//! Tables of tenants.
//!
//! | file | contents |
//! |---|---|
//! | `tenant` | policy, versions and locks of the books |
//! | `closing` | closed and reopened months (R16) |
//! | `rate` | exchange rates |

pub mod tenant;
pub mod closing;
pub mod rate;
