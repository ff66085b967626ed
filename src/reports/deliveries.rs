//! Progress of each sink, and undelivered events.

use chrono::{DateTime, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::ids::TenantId;
use crate::domain::journal::entry::Sequence;
use crate::reports::error::ReportError;
use crate::store::db::Db;
use crate::store::events::delivery::{self, Delivery};
use crate::store::events::outbox;
use crate::store::events::sink::{self, Progress};
use crate::store::journal;
use crate::store::journal::sequence::{Numbered, settled};

/// Default number of deliveries in a page.
pub const DEFAULT_PAGE_SIZE: i64 = 100;
/// Maximum number of deliveries in a page.
pub const MAX_PAGE_SIZE: i64 = 1_000;

/// Sink and its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkState {
    pub name: String,
    pub progress: Progress,
    /// Sequence of the tenant's last event in the outbox.
    pub last_position: Sequence,
    /// Sequence of the tenant's last entry in the journal.
    pub last_journal_position: Sequence,
    /// Instant at which the oldest undelivered event was written.
    pub oldest_undelivered_at: Option<DateTime<Utc>>,
    pub waiting: i64,
    pub dead: i64,
}

/// Lists every sink that was ever served, by name.
pub async fn sinks(db: &Db, tenant_id: &TenantId) -> Result<Vec<SinkState>, ReportError> {
    let (last_event, last_entry) = (settled(db, Numbered::Outbox).await?, settled(db, Numbered::Journal).await?);
    let mut tx = db.read().await?;
    let last_position = outbox::last(&mut tx, tenant_id, last_event).await?.unwrap_or_default();
    let last_journal_position = journal::last(&mut tx, tenant_id, last_entry).await?.unwrap_or_default();
    let mut states = Vec::new();
    for (name, progress) in sink::all(&mut tx, tenant_id).await? {
        let behind = outbox::first(&mut tx, tenant_id, progress.position, last_position).await?;
        let behind = behind.map(|(_, recorded_at)| recorded_at);
        let apart = delivery::oldest(&mut tx, tenant_id, &name).await?;
        let oldest_undelivered_at = behind.into_iter().chain(apart).min();
        let waiting = delivery::count(&mut tx, tenant_id, &name, false).await?;
        let dead = delivery::count(&mut tx, tenant_id, &name, true).await?;
        states.push(SinkState {
            name,
            progress,
            last_position,
            last_journal_position,
            oldest_undelivered_at,
            waiting,
            dead,
        });
    }
    Ok(states)
}

/// Selection of deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryQuery {
    pub sink: String,
    /// Dead-lettered deliveries; else waiting ones.
    pub is_dead: bool,
}

/// Page of deliveries, each with its event as far as it is still kept, and the position of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryPage {
    pub deliveries: Vec<(Delivery, Option<Envelope>)>,
    /// None on the last page.
    pub next: Option<Sequence>,
}

/// Lists at most `size` deliveries after a position; None for a sink that was never served.
pub async fn deliveries(
    db: &Db,
    tenant_id: &TenantId,
    query: &DeliveryQuery,
    after: Sequence,
    size: i64,
) -> Result<Option<DeliveryPage>, ReportError> {
    let size = size.clamp(1, MAX_PAGE_SIZE);
    let mut tx = db.read().await?;
    if sink::one(&mut tx, tenant_id, &query.sink).await?.is_none() {
        return Ok(None);
    }
    // One more than the page holds tells whether there is another page.
    let limit = size.saturating_add(1);
    let mut deliveries = delivery::page(&mut tx, tenant_id, &query.sink, query.is_dead, after, limit).await?;
    let fits = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = deliveries.len() > fits;
    deliveries.truncate(fits);
    let next = deliveries.last().filter(|_| has_more).map(|(delivery, _)| delivery.sequence);
    Ok(Some(DeliveryPage { deliveries, next }))
}
