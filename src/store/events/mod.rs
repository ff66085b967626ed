//! Tables of events.
//!
//! | file | contents |
//! |---|---|
//! | `outbox` | events that are due, and their pruning |
//! | `delivery` | events that wait for a sink, and dead ones |
//! | `redrive` | sending events again |
//! | `sink` | progress of each sink |
//! | `kissmetrics` | seconds of events at KISSmetrics |

pub mod outbox;
pub mod delivery;
pub mod redrive;
pub mod sink;
pub mod kissmetrics;
