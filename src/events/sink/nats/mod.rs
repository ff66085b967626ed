//! NATS JetStream: a subject for each tenant and event, and optionally the whole journal.
//!
//! | file | contents |
//! |---|---|
//! | `settings` | servers, credentials, stream |
//! | `connection` | connection and stream, publishing |
//! | `journal` | entries of the journal as messages |

mod settings;
mod connection;
mod journal;

use std::sync::Arc;

use crate::clock::Clock;
use crate::codec::envelope::Envelope;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::events::event_filter::EventFilter;
use crate::events::secret::ReadSecret;
use crate::events::sink::customer_order::deliver_in_customer_order;
use crate::events::sink::nats::connection::{Connection, PublishFailure};
pub use crate::events::sink::nats::journal::JournalFailure;
pub use crate::events::sink::nats::settings::NatsSettings;
use crate::events::sink::{DeliveryOutcome, OutgoingEvent, payload};

/// Number of messages that wait for their acknowledgement at the same time.
const IN_FLIGHT: usize = 2_048;

/// Sink that publishes to a stream of NATS.
#[derive(Debug)]
pub struct Nats {
    filter: EventFilter,
    connection: Connection,
    /// `<prefix>.<tenant>`
    subject_prefix: String,
    tenant_id: TenantId,
    accepts_journal: bool,
}

impl Nats {
    /// Starts to connect; NATS need not be running yet.
    ///
    /// # Errors
    /// The first invalid setting or secret.
    pub async fn open(
        settings: NatsSettings,
        filter: EventFilter,
        read: ReadSecret<'_>,
        _: Clock,
        tenant_id: TenantId,
    ) -> Result<Self, String> {
        payload::check(&filter)?;
        let subject_prefix = format!("{}.{}", settings.subject, subject_token(tenant_id.as_str()));
        let accepts_journal = settings.journal;
        let connection = Connection::open(settings, read).await?;
        Ok(Self { filter, connection, subject_prefix, tenant_id, accepts_journal })
    }

    /// Tells whether the sink also gets the journal.
    #[must_use]
    pub fn accepts_journal(&self) -> bool {
        self.accepts_journal
    }

    /// Filter of the events that the sink gets.
    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// Delivers events, given in the order of the outbox; returns one outcome each. An event stored by the server is
    /// delivered.
    pub async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        let ready = self.connection.ready().await;
        deliver_in_customer_order(events, IN_FLIGHT, async |event| {
            let published = match &ready {
                Ok(()) => self.publish(event).await,
                Err(failure) => Err(failure.clone()),
            };
            match published {
                Ok(()) => DeliveryOutcome::Delivered,
                Err(PublishFailure::Permanent(reason)) => DeliveryOutcome::Refused { reason },
                Err(PublishFailure::Unavailable(reason)) => DeliveryOutcome::Failed { reason, retry_after: None },
            }
        })
        .await
    }

    async fn publish(&self, event: &OutgoingEvent) -> Result<(), PublishFailure> {
        let subject = event_subject(&self.subject_prefix, &event.envelope);
        let payload = payload::json(&event.envelope, &self.filter);
        // No later attempt would encode the event.
        let payload = payload.map_err(|bug| PublishFailure::Permanent(bug.to_string()))?.into_bytes();
        self.connection.publish(subject, &event.envelope.id, payload).await
    }

    /// Publishes entries of the journal, each customer's in order; returns how many are stored, counted from the first.
    ///
    /// # Errors
    /// The reason why not even the first is stored.
    pub async fn deliver_entries(&self, entries: &[Arc<Entry>]) -> Result<usize, JournalFailure> {
        self.connection.ready().await.map_err(JournalFailure::from)?;
        journal::deliver(entries, IN_FLIGHT, async |entry| {
            let subject = entry_subject(&self.subject_prefix, entry);
            let id = format!("journal-{}-{}", self.tenant_id, entry.sequence);
            match self.connection.publish(subject, &id, journal::json(entry)).await {
                // No attempt would store it, and the entries behind it wait.
                Err(PublishFailure::Permanent(reason)) => {
                    tracing::error!(tenant_id = %self.tenant_id, movement_id = entry.sequence, reason, "skipped a journal entry that NATS cannot store");
                    Ok(())
                }
                published => published,
            }
        })
        .await
    }
}

/// Subject of an event: `<prefix>.<tenant>.event.trial_started`. It has nothing of the customer in it.
fn event_subject(prefix: &str, envelope: &Envelope) -> String {
    format!("{prefix}.event.{}", payload::snake_case_name(envelope))
}

/// Subject of an entry of the journal: `<prefix>.<tenant>.journal.customer.churn`.
fn entry_subject(prefix: &str, entry: &Entry) -> String {
    let (level, category) = (entry.movement.level.as_str(), entry.movement.category.as_str());
    format!("{prefix}.journal.{}.{}", level.to_lowercase(), category.to_lowercase())
}

/// Encodes a text as one token of a subject: bytes other than ASCII letters, digits, `-` and `_` as in URLs, `%2E`.
fn subject_token(text: &str) -> String {
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            token.push(byte.into());
        } else {
            token.extend(format!("%{byte:02X}").chars());
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_each_tenant_as_a_token_of_its_own() {
        for (text, expected) in [
            ("default", "default"),
            ("acme-1_b", "acme-1_b"),
            ("a.b", "a%2Eb"),
            ("*", "%2A"),
            (">", "%3E"),
            ("a b", "a%20b"),
            ("ü", "%C3%BC"),
            ("a%2Eb", "a%252Eb"),
            ("$JS", "%24JS"),
        ] {
            assert_eq!(subject_token(text), expected);
        }
    }
}
