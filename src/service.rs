//! Everything wired together: store, ledger, server; from start to a clean end.

use std::future::Future;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::grpc::server::{ServeError, Services, listen};
use crate::ledger::writer::{Ledger, Writer};
use crate::store::db::Db;
use crate::store::error::StoreError;

/// A service whose store is open.
#[derive(Debug)]
pub struct Service {
    services: Services,
    writer: Writer,
}

impl Service {
    /// Opens the store, and creates it when it is not there.
    pub async fn open(database_url: &str, tenant_id: TenantId, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open(database_url).await?;
        let (ledger, writer) = Ledger::start(db.clone(), &tenant_id, clock.clone()).await?;
        Ok(Self { services: Services { db, ledger, tenant_id, clock }, writer })
    }

    /// Serves until `shutdown` is done. Then it accepts nothing more, finishes what it accepted, and closes the store.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let db = self.services.db.clone();
        let ended = listen(self.services, listener, shutdown).await;
        self.writer.finish().await;
        db.close().await;
        ended
    }
}
