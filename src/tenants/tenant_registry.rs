//! The books of all tenants. Those that somebody asks for are opened, and stay open; when too many are, those that were
//! not used for longest are closed. Those that have sinks are open as long as the service is.

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

/// TenantRuntime that may be open at a time, unless more have sinks.
pub const MAX_OPEN: usize = 256;

/// Why books cannot be opened.
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

/// All books. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TenantRegistry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    common: Common,
    /// One at a time is opened.
    opening: tokio::sync::Mutex<()>,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    books: LruCache<TenantId, Arc<TenantRuntime>>,
    is_ended: bool,
}

impl TenantRegistry {
    /// A shelf of books that are all closed.
    #[must_use]
    pub fn new(common: Common) -> Self {
        let open = Open { books: LruCache::unbounded(), is_ended: false };
        Self(Arc::new(Shared { common, opening: tokio::sync::Mutex::default(), open: Mutex::new(open) }))
    }

    /// Who gets events.
    #[must_use]
    pub fn sending(&self) -> &Sending {
        &self.0.common.sending
    }

    /// Opens the books that have sinks, so that their events go out although nobody asks for them.
    pub async fn open_those_with_sinks(&self) -> Result<(), TenantError> {
        for tenant_id in self.tenants_with_sinks() {
            self.books(&tenant_id).await?;
        }
        Ok(())
    }

    /// The open books of a tenant. They are not closed while anybody has them.
    pub async fn books(&self, tenant_id: &TenantId) -> Result<Arc<TenantRuntime>, TenantError> {
        if let Some(books) = self.at_hand(tenant_id)? {
            return Ok(books);
        }
        let _nobody_else_opens_any = self.0.opening.lock().await;
        if let Some(books) = self.at_hand(tenant_id)? {
            return Ok(books);
        }
        self.check_is_there(tenant_id).await?;
        self.make_room()?;
        let books = Arc::new(TenantRuntime::open(&self.0.common, tenant_id).await?);
        self.open().books.put(tenant_id.clone(), Arc::clone(&books));
        Ok(books)
    }

    /// Accepts nothing more; what was accepted is still recorded.
    pub fn stop(&self) {
        let mut open = self.open();
        open.is_ended = true;
        open.books.iter().for_each(|(_, books)| books.ledger.stop());
    }

    /// Accepts nothing more, finishes what was begun in all books, and closes them.
    pub async fn finish(&self) {
        let _nobody_opens_any = self.0.opening.lock().await;
        self.stop();
        let mut closing = JoinSet::new();
        while let Some((_, books)) = self.pop() {
            closing.spawn(async move { books.close().await });
        }
        closing.join_all().await;
    }

    /// Delivers everything that is due of all books that have sinks, as far as the sinks take it or until `stop`, and ends
    /// the keeping of old events; gives the sinks that have not had everything, each with the reason.
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

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> Option<(TenantId, Arc<TenantRuntime>)> {
        self.open().books.pop_lru()
    }

    fn at_hand(&self, tenant_id: &TenantId) -> Result<Option<Arc<TenantRuntime>>, TenantError> {
        let mut open = self.open();
        if open.is_ended { Err(TenantError::ShuttingDown) } else { Ok(open.books.get(tenant_id).cloned()) }
    }

    async fn check_is_there(&self, tenant_id: &TenantId) -> Result<(), TenantError> {
        let is_there = tenant_management::is_there(&self.0.common.db, tenant_id).await?;
        if is_there { Ok(()) } else { Err(TenantError::NoTenant(tenant_id.clone())) }
    }

    /// Closes the books that were not used for longest, if there must be room for more.
    fn make_room(&self) -> Result<(), TenantError> {
        let with_sinks = self.tenants_with_sinks();
        let mut open = self.open();
        if open.books.len() < MAX_OPEN {
            return Ok(());
        }
        // Whoever has books got them under the same lock.
        let is_idle = |(tenant_id, books): &(&TenantId, &Arc<TenantRuntime>)| {
            Arc::strong_count(books) == 1 && !with_sinks.contains(*tenant_id)
        };
        let idle = open.books.iter().rev().find(is_idle).map(|(tenant_id, _)| tenant_id.clone());
        let closed = idle.and_then(|tenant_id| open.books.pop(&tenant_id)).ok_or(TenantError::TooMany)?;
        tokio::spawn(async move { closed.close().await });
        Ok(())
    }
}
