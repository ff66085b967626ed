//! Sinks: receivers of events. Each file encodes events for one receiver and interprets its answers.
//!
//! | file | contents |
//! |---|---|
//! | `sink_config` | reads the settings of a sink and opens it |
//! | `file`, `stdout` | lines of JSON |
//! | `webhook` | signed CloudEvents over HTTP |
//! | `nats` | NATS JetStream: events, and the journal |
//! | `segment`, `intilery`, `kissmetrics` | tracking APIs |
//! | `payload` | event as JSON, for receivers without a format of their own |
//! | `properties` | event as name and properties, for tracking APIs |
//! | `http` | connections, timeouts, meaning of answers |
//! | `customer_order` | delivers in order for each customer, several customers at a time |

pub mod sink_config;
pub mod file;
pub mod stdout;
pub mod webhook;
pub mod nats;
pub mod segment;
pub mod intilery;
pub mod kissmetrics;
pub mod payload;
pub mod properties;
pub mod http;
pub mod customer_order;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::codec::envelope::Envelope;
use crate::domain::journal::entry::Entry;
use crate::events::event_filter::EventFilter;

/// An event on its way to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// Sequence in the outbox.
    pub sequence: i64,
    pub envelope: Envelope,
    /// Second of the event at KISSmetrics, unique for each person and event.
    pub second: Option<i64>,
}

/// Outcome of delivering one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Delivered,
    /// A later attempt may succeed, not before the receiver allows it.
    Failed {
        reason: String,
        retry_after: Option<Duration>,
    },
    /// The receiver will never accept this event.
    Refused {
        reason: String,
    },
    /// The receiver accepts no events any more.
    Disabled {
        reason: String,
    },
    /// Not tried, because an earlier event of the customer failed, or the receiver fails.
    Held,
}

/// Outcomes of events, in their order.
pub type DeliveryFuture<'s> = Pin<Box<dyn Future<Output = Vec<DeliveryOutcome>> + Send + 's>>;

/// Number of entries that were delivered, or the reason why none was.
pub type JournalDeliveryFuture<'s> = Pin<Box<dyn Future<Output = Result<usize, String>> + Send + 's>>;

/// A receiver of events.
pub trait Sink: fmt::Debug + Send + Sync {
    /// Filter of the events that the sink gets.
    fn filter(&self) -> &EventFilter;

    /// Delivers events, given in the order of the outbox; returns one outcome each. When an event fails, no later event of
    /// its customer may be delivered.
    fn deliver<'s>(&'s self, events: &'s [OutgoingEvent]) -> DeliveryFuture<'s>;

    /// Tells whether each event of a person needs a second of its own.
    fn needs_unique_seconds(&self) -> bool {
        false
    }

    /// Tells whether the sink also gets the journal.
    fn accepts_journal(&self) -> bool {
        false
    }

    /// Delivers entries of the journal, in its order; returns how many were delivered, counted from the first.
    fn deliver_entries<'s>(&'s self, entries: &'s [Arc<Entry>]) -> JournalDeliveryFuture<'s> {
        let count = entries.len();
        Box::pin(async move { Ok(count) })
    }
}
