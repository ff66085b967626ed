//! Everything wired together: store, ledger, server; from start to a clean end.

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::events::courier::Courier;
use crate::events::relay::{Relay, drain};
use crate::events::reminder::Reminder;
use crate::events::sink::Sink;
use crate::grpc::server::{ServeError, Services, listen};
use crate::ledger::writers::{Ledger, Load, Writers};
use crate::store::db::{Db, Settings};
use crate::store::error::StoreError;

/// Sinks by their names.
pub type Sinks = Vec<(String, Arc<dyn Sink>)>;

/// A service whose store is open.
#[derive(Debug)]
pub struct Service {
    services: Services,
    writers: Writers,
    relay: Relay,
}

impl Service {
    /// Opens the store, and creates it when it is not there.
    pub async fn open(
        settings: impl Into<Settings>,
        tenant_id: TenantId,
        clock: Clock,
        sinks: Sinks,
    ) -> Result<Self, StoreError> {
        let db = Db::open(settings).await?;
        let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, clock.clone(), Load::Requests).await?;
        let services = Services { db, ledger, tenant_id, clock };
        let relay = Relay::start(couriers(&services, sinks), reminder(&services), services.ledger.committed());
        Ok(Self { services, writers, relay })
    }

    /// Only delivers events, until `shutdown` is done.
    pub async fn relay(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        self.relay.finish().await;
        self.writers.finish().await;
        self.services.db.close().await;
    }

    /// Serves until `shutdown` is done. Then it accepts nothing more, finishes what it accepted, and closes the store.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let db = self.services.db.clone();
        let ended = listen(self.services, listener, shutdown).await;
        self.relay.finish().await;
        self.writers.finish().await;
        db.close().await;
        ended
    }
}

/// Delivers everything that is due, as far as the sinks take it; gives the names of sinks that somebody else serves.
///
/// # Errors
/// When the store fails.
pub async fn deliver_what_is_due(
    settings: impl Into<Settings>,
    tenant_id: TenantId,
    clock: Clock,
    sinks: Sinks,
) -> Result<Vec<String>, StoreError> {
    let db = Db::open(settings).await?;
    let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, clock.clone(), Load::Bulk).await?;
    let services = Services { db: db.clone(), ledger, tenant_id, clock };
    let left = drain(couriers(&services, sinks), &reminder(&services)).await;
    writers.finish().await;
    db.close().await;
    left
}

fn couriers(services: &Services, sinks: Sinks) -> Vec<Courier> {
    let Services { db, tenant_id, clock, .. } = services;
    let courier =
        |(name, sink)| Courier { db: db.clone(), tenant_id: tenant_id.clone(), clock: clock.clone(), name, sink };
    sinks.into_iter().map(courier).collect()
}

fn reminder(services: &Services) -> Reminder {
    let Services { db, ledger, tenant_id, clock } = services.clone();
    Reminder { db, tenant_id, clock, ledger }
}
