//! NATS JetStream: one subject for each tenant and event, and, for whoever wants it, the whole journal.

mod connection;
mod journal;
mod settings;
mod subject;

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Entry;
use crate::events::event_filter::Choice;
use crate::events::secret::ReadSecret;
use crate::events::sink::customer_order::by_customer;
use crate::events::sink::nats::connection::{Link, Problem};
pub use crate::events::sink::nats::journal::Failure;
pub use crate::events::sink::nats::settings::Settings;
use crate::events::sink::{Outcome, Outgoing, payload};

/// Messages that wait for the server's word at the same time.
const IN_FLIGHT: usize = 2_048;

/// A connection, which comes back by itself, to a stream, which is created where there is none.
#[derive(Debug)]
pub struct Nats {
    choice: Choice,
    link: Link,
    /// `<prefix>.<tenant>`
    place: String,
    tenant_id: TenantId,
    wants_journal: bool,
}

impl Nats {
    /// Begins to connect; it matters not whether NATS is there yet.
    ///
    /// # Errors
    /// What is wrong with the settings or the secrets.
    pub async fn open(
        settings: Settings,
        choice: Choice,
        read: ReadSecret<'_>,
        _: Clock,
        tenant_id: TenantId,
    ) -> Result<Self, String> {
        payload::check(&choice)?;
        let place = format!("{}.{}", settings.subject, subject::token(tenant_id.as_str()));
        let wants_journal = settings.journal;
        let link = Link::open(settings, read).await?;
        Ok(Self { choice, link, place, tenant_id, wants_journal })
    }

    /// Whether it is to be given the entries of the journal too.
    #[must_use]
    pub fn wants_journal(&self) -> bool {
        self.wants_journal
    }

    /// Which events it gets.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Says what became of each event: delivered is what the server has stored.
    pub async fn deliver(&self, events: &[Outgoing]) -> Vec<Outcome> {
        let ready = self.link.ready().await;
        by_customer(events, IN_FLIGHT, async |event| {
            let published = match &ready {
                Ok(()) => self.publish(event).await,
                Err(problem) => Err(problem.clone()),
            };
            match published {
                Ok(()) => Outcome::Delivered,
                Err(Problem::TooLarge(reason)) => Outcome::Refused { reason },
                Err(Problem::Down(reason)) => Outcome::Failed { reason, retry_after: None },
            }
        })
        .await
    }

    async fn publish(&self, event: &Outgoing) -> Result<(), Problem> {
        let subject = subject::of_event(&self.place, &event.envelope);
        let payload = payload::json(&event.envelope, &self.choice).into_bytes();
        self.link.publish(subject, &event.envelope.id, payload).await
    }

    /// Publishes entries of the journal, each customer's in their order; how many of the first are stored.
    ///
    /// # Errors
    /// Why not even the first is.
    pub async fn deliver_entries(&self, entries: &[Arc<Entry>]) -> Result<usize, Failure> {
        self.link.ready().await.map_err(Failure::from)?;
        journal::deliver(entries, IN_FLIGHT, async |entry| {
            let subject = subject::of_entry(&self.place, entry);
            let id = format!("journal-{}-{}", self.tenant_id, entry.sequence);
            match self.link.publish(subject, &id, journal::json(entry)).await {
                // It never will be stored, and others wait behind it.
                Err(Problem::TooLarge(reason)) => {
                    tracing::error!(movement_id = entry.sequence, reason, "an entry of the journal is left out");
                    Ok(())
                }
                published => published,
            }
        })
        .await
    }
}
