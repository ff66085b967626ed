//! Tables of event delivery: outbox, sinks, deliveries.

pub mod delivery;
pub mod kissmetrics;
pub mod outbox;
pub mod redrive;
pub mod sink;
