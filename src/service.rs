//! Everything wired together: store, ledger, server; from start to a clean end.

use std::future::Future;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::grpc::server::{ServeError, Services, listen};
use crate::ledger::writer::Ledger;
use crate::store::db::Db;
use crate::store::error::StoreError;

/// Why the service ended, other than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the server failed: {0}")]
    Serve(#[from] ServeError),
}

/// Runs the service on a store until `shutdown` is done. Then it accepts nothing more, finishes what it accepted, and
/// closes the store.
pub async fn run(
    database_url: &str,
    tenant_id: TenantId,
    clock: Clock,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServiceError> {
    let db = Db::open(database_url).await?;
    let (ledger, writer) = Ledger::start(db.clone(), &tenant_id, clock.clone()).await?;
    let services = Services { db: db.clone(), ledger, tenant_id, clock };
    let ended = listen(services, listener, shutdown).await;
    writer.finish().await;
    db.close().await;
    Ok(ended?)
}
