//! Runtime of one tenant: ledger, journal feed and event delivery.

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::events::due_scheduler::DueScheduler;
use crate::events::outbox_pruning::{DEFAULT_RETENTION, OutboxPruning};
use crate::events::relay::Relay;
use crate::events::sink::sink_config::OpenSink;
use crate::events::sink_worker::SinkWorker;
use crate::ledger::error::RecordError;
use crate::ledger::handle::{Ledger, MemoryBudget, Workload, WriterTasks};
use crate::reports::movements::journal_feed::Feed;
use crate::store::db::Db;
use crate::store::error::StoreError;

/// Sinks, and the time for which delivered events are kept.
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

/// Resources that all runtimes share.
#[derive(Debug)]
pub struct Common {
    pub(in crate::tenants) db: Db,
    pub(in crate::tenants) clock: Clock,
    pub(in crate::tenants) workload: Workload,
    pub(in crate::tenants) sending: Sending,
    /// Shared, since an idle tenant needs none.
    pub(in crate::tenants) memory: MemoryBudget,
}

/// Open runtime of a tenant.
#[derive(Debug)]
pub struct TenantRuntime {
    pub ledger: Ledger,
    pub feed: Feed,
    /// Taken when the runtime is closed.
    work: Mutex<Option<(Relay, WriterTasks)>>,
}

impl TenantRuntime {
    /// Opens the runtime of a tenant. Safe to cancel: a dropped future leaves no task behind.
    pub(in crate::tenants) async fn open(common: &Common, tenant_id: &TenantId) -> Result<Self, StoreError> {
        let Common { db, clock, workload, memory, .. } = common;
        let (ledger, writers) = Ledger::start_within(memory, db.clone(), tenant_id, clock.clone(), *workload).await?;
        if ledger.policy_to_replay().await?.is_some() {
            tokio::spawn(finish_policy(ledger.clone(), tenant_id.clone()));
        }
        let feed = Feed::start(db.clone(), tenant_id.clone(), ledger.committed());
        let sink_workers = common.sink_workers(tenant_id);
        let due_scheduler = common.due_scheduler(tenant_id, &ledger);
        let relay = Relay::start(sink_workers, due_scheduler, common.outbox_pruning(tenant_id), ledger.committed());
        Ok(Self { ledger, feed, work: Mutex::new(Some((relay, writers))) })
    }

    /// Accepts no further commands, finishes the accepted ones, and ends.
    pub(in crate::tenants) async fn close(&self) {
        let Some((relay, writers)) = self.work.lock().await.take() else { return };
        relay.finish().await;
        writers.finish().await;
    }
}

/// Completes a change of policy that an earlier process did not finish.
async fn finish_policy(ledger: Ledger, tenant_id: TenantId) {
    match ledger.replay_for_policy(&Actor::service()).await {
        Ok(replayed) if replayed.customers > 0 => {
            tracing::info!(%tenant_id, ?replayed, "a policy that was set earlier is in force now");
        }
        Ok(_) | Err(RecordError::ShuttingDown) => {}
        Err(error) => {
            tracing::error!(%tenant_id, %error, "a policy that was set earlier is not yet in force for all customers");
        }
    }
}

impl Common {
    /// Resources for runtimes that are opened later.
    #[must_use]
    pub fn new(db: Db, clock: Clock, workload: Workload, sending: Sending) -> Self {
        Self { db, clock, workload, sending, memory: MemoryBudget::new(workload) }
    }

    pub(in crate::tenants) fn sink_workers(&self, tenant_id: &TenantId) -> Vec<SinkWorker> {
        let of_tenant = self.sending.sinks.iter().filter(|sink| sink.tenant_id == *tenant_id);
        let worker = |it: &OpenSink| SinkWorker {
            db: self.db.clone(),
            tenant_id: tenant_id.clone(),
            clock: self.clock.clone(),
            name: it.name.clone(),
            sink: it.sink.clone(),
        };
        of_tenant.map(worker).collect()
    }

    pub(in crate::tenants) fn due_scheduler(&self, tenant_id: &TenantId, ledger: &Ledger) -> DueScheduler {
        let (db, clock, ledger) = (self.db.clone(), self.clock.clone(), ledger.clone());
        DueScheduler { db, tenant_id: tenant_id.clone(), clock, ledger }
    }

    pub(in crate::tenants) fn outbox_pruning(&self, tenant_id: &TenantId) -> OutboxPruning {
        let (db, clock, retention) = (self.db.clone(), self.clock.clone(), self.sending.retention);
        OutboxPruning { db, tenant_id: tenant_id.clone(), clock, retention, pruned_through: 0 }
    }
}
