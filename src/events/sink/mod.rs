//! The receivers of events, one file each: how it wants to be told, and what its answers mean.

pub mod file;
pub mod http;
pub mod in_order;
pub mod intilery;
pub mod kissmetrics;
pub mod nats;
pub mod payload;
pub mod properties;
pub mod segment;
pub mod stdout;
pub mod track;
pub mod webhook;

use std::time::Duration;

use crate::form::envelope::Envelope;

/// An event on its way to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its place in the outbox.
    pub sequence: i64,
    pub envelope: Envelope,
    /// The second under which KISSmetrics is told of it: unique for each person and event name.
    pub second: Option<i64>,
}

/// What became of an event at a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// Not now; another attempt may succeed, but not before the receiver allows it.
    Failed {
        reason: String,
        retry_after: Option<Duration>,
    },
    /// Never: the receiver will not take this event, however often it is sent.
    Refused {
        reason: String,
    },
    /// The receiver wants nothing any more.
    Disabled {
        reason: String,
    },
    /// Not tried, because an earlier event of the customer failed.
    Held,
}
