//! Assembly of the service: store, tenants, server; from start to a clean end.

use std::future::Future;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::access::authenticator::{Access, Authenticator};
use crate::access::key_cache::KeyCache;
use crate::clock::Clock;
use crate::console;
use crate::console::state::ConsoleState;
use crate::domain::actor::Actor;
use crate::domain::ids::TenantId;
use crate::grpc::server::{Dependencies, ServeError, Services, listen};
use crate::ledger::handle::Workload;
use crate::net::listener::Listener;
use crate::store::db::{Db, Settings};
use crate::store::error::StoreError;
use crate::tenants::configuration_audit;
use crate::tenants::tenant_registry::{TenantError, TenantRegistry};
use crate::tenants::tenant_runtime::{Common, Sending};

/// Service with an open store.
#[derive(Debug)]
pub struct Service {
    dependencies: Dependencies,
}

impl Service {
    /// Opens the store, and creates it if it does not exist.
    pub async fn open(settings: impl Into<Settings>, clock: Clock, sending: Sending) -> Result<Self, TenantError> {
        let db = Db::open(settings).await?;
        let tenants = TenantRegistry::new(Common::new(db.clone(), clock.clone(), Workload::Requests, sending));
        // The default tenant always has a runtime.
        let opened = async {
            tenants.open(&TenantId::only()).await?;
            tenants.open_all_with_sinks().await
        };
        if let Err(error) = opened.await {
            tenants.finish().await;
            db.close().await;
            return Err(error);
        }
        let keys = KeyCache::new(db.clone(), clock.clone());
        Ok(Self { dependencies: Dependencies { db, tenants, keys, clock } })
    }

    /// Records the configuration of a command in the audit trail, if it changed.
    pub async fn note_configuration(&self, command: &str, options: &str, author: &Actor) -> Result<(), StoreError> {
        let Dependencies { db, tenants, clock, .. } = &self.dependencies;
        configuration_audit::note(db, command, options, tenants.sending(), author, clock.now()).await
    }

    /// Tells if any key exists.
    pub async fn has_keys(&self) -> Result<bool, StoreError> {
        self.dependencies.keys.has_keys().await
    }

    /// Delivers events, without serving, until `shutdown` completes.
    pub async fn relay(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        self.dependencies.tenants.finish().await;
        self.dependencies.db.close().await;
    }

    /// Serves until `shutdown` completes; then accepts nothing more, finishes accepted work, and closes the store.
    pub async fn serve(
        self,
        listener: impl Into<Listener>,
        access: Access,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let Dependencies { db, tenants, keys, clock } = self.dependencies.clone();
        let listener = listener.into();
        let services = Services::new(self.dependencies, listener.limits, CancellationToken::new());
        let door = Arc::new(Authenticator::new(keys, access));
        let is_encrypted = listener.tls.is_some() || access.is_behind_proxy;
        let pages = console::pages(ConsoleState::new(services.in_process(), Arc::clone(&door), clock, is_encrypted));
        let ended = listen(services, pages, listener, door, shutdown).await;
        tenants.finish().await;
        db.close().await;
        ended
    }
}

/// Delivers all due events until `shutdown` or the first failure of each sink, and prunes old events; returns the sinks
/// with undelivered events, each with the reason.
///
/// # Errors
/// The store fails, or the tenant of a sink does not exist.
pub async fn deliver_what_is_due(
    settings: impl Into<Settings>,
    clock: Clock,
    sending: Sending,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Vec<(String, &'static str)>, TenantError> {
    let db = Db::open_existing(settings).await?;
    let tenants = TenantRegistry::new(Common::new(db.clone(), clock, Workload::Bulk, sending));
    let stop = CancellationToken::new();
    let stopping = tokio::spawn({
        let stop = stop.clone();
        async move {
            shutdown.await;
            stop.cancel();
        }
    });
    let drained = tenants.drain(&stop).await;
    stopping.abort();
    db.close().await;
    drained
}
