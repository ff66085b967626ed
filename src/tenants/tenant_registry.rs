//! Registry of tenant runtimes: opened on the first request, the least recently used closed above a limit. Runtimes of
//! tenants with sinks stay open as long as the service runs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::domain::ids::TenantId;
use crate::events::relay::drain;
use crate::ledger::handle::Ledger;
use crate::store::error::StoreError;
use crate::tenants::tenant_management;
use crate::tenants::tenant_runtime::{Common, Sending, TenantRuntime};

/// Maximum number of open runtimes, unless more tenants have sinks.
pub const MAX_OPEN: usize = 256;

/// Failure to open a tenant's runtime.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    #[error("there is no tenant {0}; `deltabook tenants create {0}` makes it")]
    NoTenant(TenantId),
    #[error("the books of too many tenants are in use")]
    TooMany,
    #[error("the service is shutting down")]
    ShuttingDown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runtimes of all tenants. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TenantRegistry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    common: Common,
    /// Serialises opening.
    opening: tokio::sync::Mutex<()>,
    open: Mutex<OpenRuntimes>,
}

#[derive(Debug)]
struct OpenRuntimes {
    books: LruCache<TenantId, Arc<TenantRuntime>>,
    is_ended: bool,
}

impl TenantRegistry {
    /// Starts with no open runtime.
    #[must_use]
    pub fn new(common: Common) -> Self {
        let open = OpenRuntimes { books: LruCache::unbounded(), is_ended: false };
        Self(Arc::new(Shared { common, opening: tokio::sync::Mutex::default(), open: Mutex::new(open) }))
    }

    /// Sinks and retention of events.
    #[must_use]
    pub fn sending(&self) -> &Sending {
        &self.0.common.sending
    }

    /// Opens the runtimes of tenants with sinks, so that their events are delivered without a request.
    pub async fn open_all_with_sinks(&self) -> Result<(), TenantError> {
        for tenant_id in self.tenants_with_sinks() {
            self.open(&tenant_id).await?;
        }
        Ok(())
    }

    /// Returns a tenant's runtime, which is not closed while it is referenced.
    pub async fn open(&self, tenant_id: &TenantId) -> Result<Arc<TenantRuntime>, TenantError> {
        if let Some(books) = self.opened(tenant_id)? {
            return Ok(books);
        }
        let _opening = self.0.opening.lock().await;
        if let Some(books) = self.opened(tenant_id)? {
            return Ok(books);
        }
        self.check_is_there(tenant_id).await?;
        self.make_room()?;
        let books = Arc::new(TenantRuntime::open(&self.0.common, tenant_id).await?);
        self.state().books.put(tenant_id.clone(), Arc::clone(&books));
        Ok(books)
    }

    /// Accepts no further commands; accepted ones are still recorded.
    pub fn stop(&self) {
        let mut open = self.state();
        open.is_ended = true;
        open.books.iter().for_each(|(_, books)| books.ledger.stop());
    }

    /// Accepts no further commands, finishes the accepted ones, and closes all runtimes.
    pub async fn finish(&self) {
        let _opening = self.0.opening.lock().await;
        self.stop();
        let mut closing = JoinSet::new();
        while let Some((_, books)) = self.pop() {
            closing.spawn(async move { books.close().await });
        }
        closing.join_all().await;
    }

    /// Delivers all due events of tenants with sinks, until `stop` or the first failure of a sink, and prunes old events;
    /// returns the sinks with undelivered events, each with the reason.
    pub async fn drain(&self, stop: &CancellationToken) -> Result<Vec<(String, &'static str)>, TenantError> {
        let common = &self.0.common;
        let mut left = Vec::new();
        for tenant_id in self.tenants_with_sinks() {
            self.check_is_there(&tenant_id).await?;
            let (db, clock) = (common.db.clone(), common.clock.clone());
            let (ledger, writers) = Ledger::start(db, &tenant_id, clock, common.workload).await?;
            let scheduler = common.due_scheduler(&tenant_id, &ledger);
            let drained = drain(common.sink_workers(&tenant_id), &scheduler, stop.clone()).await;
            let pruned = common.outbox_pruning(&tenant_id).prune().await;
            writers.finish().await;
            pruned?;
            left.extend(drained?);
        }
        Ok(left)
    }

    fn tenants_with_sinks(&self) -> BTreeSet<TenantId> {
        self.0.common.sending.sinks.iter().map(|sink| sink.tenant_id.clone()).collect()
    }

    fn state(&self) -> MutexGuard<'_, OpenRuntimes> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> Option<(TenantId, Arc<TenantRuntime>)> {
        self.state().books.pop_lru()
    }

    fn opened(&self, tenant_id: &TenantId) -> Result<Option<Arc<TenantRuntime>>, TenantError> {
        let mut open = self.state();
        if open.is_ended { Err(TenantError::ShuttingDown) } else { Ok(open.books.get(tenant_id).cloned()) }
    }

    async fn check_is_there(&self, tenant_id: &TenantId) -> Result<(), TenantError> {
        let is_there = tenant_management::is_there(&self.0.common.db, tenant_id).await?;
        if is_there { Ok(()) } else { Err(TenantError::NoTenant(tenant_id.clone())) }
    }

    /// Closes the least recently used runtime when the limit is reached.
    fn make_room(&self) -> Result<(), TenantError> {
        let with_sinks = self.tenants_with_sinks();
        let mut open = self.state();
        if open.books.len() < MAX_OPEN {
            return Ok(());
        }
        // References are handed out under the same lock.
        let is_idle = |(tenant_id, books): &(&TenantId, &Arc<TenantRuntime>)| {
            Arc::strong_count(books) == 1 && !with_sinks.contains(*tenant_id)
        };
        let idle = open.books.iter().rev().find(is_idle).map(|(tenant_id, _)| tenant_id.clone());
        let closed = idle.and_then(|tenant_id| open.books.pop(&tenant_id)).ok_or(TenantError::TooMany)?;
        tokio::spawn(async move { closed.close().await });
        Ok(())
    }
}
