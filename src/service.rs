//! Everything wired together: store, ledger, server; from start to a clean end.

use std::future::Future;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::grpc::server::{ServeError, Services, listen};
use crate::ledger::writers::{Ledger, Load, Writers};
use crate::store::db::{Db, Settings};
use crate::store::error::StoreError;

/// A service whose store is open.
#[derive(Debug)]
pub struct Service {
    services: Services,
    writers: Writers,
}

impl Service {
    /// Opens the store, and creates it when it is not there.
    pub async fn open(settings: impl Into<Settings>, tenant_id: TenantId, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open(settings).await?;
        let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, clock.clone(), Load::Requests).await?;
        Ok(Self { services: Services { db, ledger, tenant_id, clock }, writers })
    }

    /// Serves until `shutdown` is done. Then it accepts nothing more, finishes what it accepted, and closes the store.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let db = self.services.db.clone();
        let ended = listen(self.services, listener, shutdown).await;
        self.writers.finish().await;
        db.close().await;
        ended
    }
}
