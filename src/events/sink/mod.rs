//! The receivers of events, one file each: how it wants to be told, and what its answers mean.

pub mod customer_order;
pub mod file;
pub mod http;
pub mod intilery;
pub mod kissmetrics;
pub mod nats;
pub mod payload;
pub mod properties;
pub mod segment;
pub mod sink_config;
pub mod stdout;
pub mod track;
pub mod webhook;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::codec::envelope::Envelope;
use crate::domain::journal::entry::Entry;
use crate::events::event_filter::Choice;

/// An event on its way to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its place in the outbox.
    pub sequence: i64,
    pub envelope: Envelope,
    /// The second under which KISSmetrics is told of it: unique for each person.
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

/// What became of some events, one for each, in their order.
pub type Delivering<'s> = Pin<Box<dyn Future<Output = Vec<Outcome>> + Send + 's>>;

/// How many entries were delivered, or why none was.
pub type DeliveringEntries<'s> = Pin<Box<dyn Future<Output = Result<usize, String>> + Send + 's>>;

/// A receiver of events.
pub trait Sink: fmt::Debug + Send + Sync {
    /// Which events it gets.
    fn choice(&self) -> &Choice;

    /// Delivers events, given in the order of the outbox. Of one customer no later event may be delivered when an
    /// earlier one failed.
    fn deliver<'s>(&'s self, events: &'s [Outgoing]) -> Delivering<'s>;

    /// Whether events need a second of their own.
    fn needs_seconds(&self) -> bool {
        false
    }

    /// Whether it is to be given the journal too.
    fn wants_journal(&self) -> bool {
        false
    }

    /// Delivers entries of the journal, in its order; gives how many of the first it has, or why it has none.
    fn deliver_entries<'s>(&'s self, entries: &'s [Arc<Entry>]) -> DeliveringEntries<'s> {
        let count = entries.len();
        Box::pin(async move { Ok(count) })
    }
}
