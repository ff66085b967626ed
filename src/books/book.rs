//! The books of one tenant, open: whoever writes them, follows them, and delivers their events.

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::domain::author::Author;
use crate::domain::ids::TenantId;
use crate::events::courier::Courier;
use crate::events::relay::Relay;
use crate::events::reminder::Reminder;
use crate::events::retention::{DEFAULT_RETENTION, Retention};
use crate::events::sink::open::OpenSink;
use crate::ledger::error::RecordError;
use crate::ledger::writers::{Ledger, Load, Memory, Writers};
use crate::reports::feed::Feed;
use crate::store::db::Db;
use crate::store::error::StoreError;

/// Who gets events, and how long events are kept that everybody has had.
#[derive(Debug)]
pub struct Sending {
    pub sinks: Vec<OpenSink>,
    pub retention: TimeDelta,
}

impl Default for Sending {
    fn default() -> Self {
        Self { sinks: Vec::new(), retention: DEFAULT_RETENTION }
    }
}

/// What the books of all tenants have in common.
#[derive(Debug)]
pub struct Common {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) load: Load,
    pub(super) sending: Sending,
    /// Shared: a tenant that nobody asks about needs none.
    pub(super) memory: Memory,
}

/// Open books.
#[derive(Debug)]
pub struct OpenBooks {
    pub ledger: Ledger,
    pub feed: Feed,
    /// Until they are closed.
    work: Mutex<Option<(Relay, Writers)>>,
}

impl OpenBooks {
    /// Opens the books of a tenant. Whoever gives up in the middle leaves nothing behind.
    pub(super) async fn open(common: &Common, tenant_id: &TenantId) -> Result<Self, StoreError> {
        let Common { db, clock, load, memory, .. } = common;
        let (ledger, writers) = Ledger::start_within(memory, db.clone(), tenant_id, clock.clone(), *load).await?;
        if ledger.policy_to_replay().await?.is_some() {
            tokio::spawn(finish_policy(ledger.clone(), tenant_id.clone()));
        }
        let feed = Feed::start(db.clone(), tenant_id.clone(), ledger.committed());
        let couriers = common.couriers(tenant_id);
        let reminder = common.reminder(tenant_id, &ledger);
        let relay = Relay::start(couriers, reminder, common.keeping(tenant_id), ledger.committed());
        Ok(Self { ledger, feed, work: Mutex::new(Some((relay, writers))) })
    }

    /// Accepts nothing more, finishes what was begun, and ends.
    pub(super) async fn close(&self) {
        let Some((relay, writers)) = self.work.lock().await.take() else { return };
        relay.finish().await;
        writers.finish().await;
    }
}

/// Brings a policy into force that a process which died has left half-way.
async fn finish_policy(ledger: Ledger, tenant_id: TenantId) {
    match ledger.replay_for_policy(&Author::service()).await {
        Ok(replayed) if replayed.customers > 0 => {
            tracing::info!(%tenant_id, ?replayed, "a policy that was set earlier is in force now");
        }
        Ok(_) | Err(RecordError::ShuttingDown) => {}
        Err(error) => {
            tracing::error!(%tenant_id, %error, "a policy that was set earlier is not in force for everybody");
        }
    }
}

impl Common {
    /// For books that are opened later.
    #[must_use]
    pub fn new(db: Db, clock: Clock, load: Load, sending: Sending) -> Self {
        Self { db, clock, load, sending, memory: Memory::new(load) }
    }

    pub(super) fn couriers(&self, tenant_id: &TenantId) -> Vec<Courier> {
        let of_tenant = self.sending.sinks.iter().filter(|sink| sink.tenant_id == *tenant_id);
        let courier = |it: &OpenSink| Courier {
            db: self.db.clone(),
            tenant_id: tenant_id.clone(),
            clock: self.clock.clone(),
            name: it.name.clone(),
            sink: it.sink.clone(),
        };
        of_tenant.map(courier).collect()
    }

    pub(super) fn reminder(&self, tenant_id: &TenantId, ledger: &Ledger) -> Reminder {
        let (db, clock, ledger) = (self.db.clone(), self.clock.clone(), ledger.clone());
        Reminder { db, tenant_id: tenant_id.clone(), clock, ledger }
    }

    pub(super) fn keeping(&self, tenant_id: &TenantId) -> Retention {
        let (db, clock, keep) = (self.db.clone(), self.clock.clone(), self.sending.retention);
        Retention { db, tenant_id: tenant_id.clone(), clock, keep, gone: 0 }
    }
}
