//! Everything wired together: store, ledger, server; from start to a clean end.

use std::future::Future;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::events::courier::Courier;
use crate::events::relay::{Relay, drain};
use crate::events::reminder::Reminder;
use crate::events::retention::{DEFAULT_RETENTION, Retention};
use crate::events::sink::Sink;
use crate::grpc::listener::Listener;
use crate::grpc::server::{ServeError, Services, listen};
use crate::ledger::writers::{Ledger, Load, Writers};
use crate::store::db::{Db, Settings};
use crate::store::error::StoreError;

/// Sinks by their names.
pub type Sinks = Vec<(String, Arc<dyn Sink>)>;

/// Who gets events, and how long events are kept that everybody has had.
#[derive(Debug)]
pub struct Sending {
    pub sinks: Sinks,
    pub retention: TimeDelta,
}

impl From<Sinks> for Sending {
    fn from(sinks: Sinks) -> Self {
        Self { sinks, retention: DEFAULT_RETENTION }
    }
}

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
        sending: impl Into<Sending>,
    ) -> Result<Self, StoreError> {
        let Sending { sinks, retention } = sending.into();
        let db = Db::open(settings).await?;
        let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, clock.clone(), Load::Requests).await?;
        let services = Services { db, ledger, tenant_id, clock };
        let (couriers, committed) = (couriers(&services, sinks), services.ledger.committed());
        let relay = Relay::start(couriers, reminder(&services), keeping(&services, retention), committed);
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
        listener: impl Into<Listener>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let db = self.services.db.clone();
        let ended = listen(self.services, listener.into(), shutdown).await;
        self.relay.finish().await;
        self.writers.finish().await;
        db.close().await;
        ended
    }
}

/// Delivers everything that is due, as far as the sinks take it or until `shutdown`, and ends the keeping of old events;
/// gives the sinks that have not had everything, each with the reason.
///
/// # Errors
/// When the store fails.
pub async fn deliver_what_is_due(
    settings: impl Into<Settings>,
    tenant_id: TenantId,
    clock: Clock,
    sending: impl Into<Sending>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Vec<(String, &'static str)>, StoreError> {
    let Sending { sinks, retention } = sending.into();
    let db = Db::open_existing(settings).await?;
    let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, clock.clone(), Load::Bulk).await?;
    let services = Services { db: db.clone(), ledger, tenant_id, clock };
    let stop = CancellationToken::new();
    let stopping = tokio::spawn({
        let stop = stop.clone();
        async move {
            shutdown.await;
            stop.cancel();
        }
    });
    let drained = drain(couriers(&services, sinks), &reminder(&services), stop).await;
    stopping.abort();
    let pruned = keeping(&services, retention).prune().await;
    writers.finish().await;
    db.close().await;
    pruned?;
    drained
}

fn couriers(services: &Services, sinks: Sinks) -> Vec<Courier> {
    let Services { db, tenant_id, clock, .. } = services;
    let courier =
        |(name, sink)| Courier { db: db.clone(), tenant_id: tenant_id.clone(), clock: clock.clone(), name, sink };
    sinks.into_iter().map(courier).collect()
}

fn keeping(services: &Services, keep: TimeDelta) -> Retention {
    let Services { db, tenant_id, clock, .. } = services.clone();
    Retention { db, tenant_id, clock, keep, gone: 0 }
}

fn reminder(services: &Services) -> Reminder {
    let Services { db, ledger, tenant_id, clock } = services.clone();
    Reminder { db, tenant_id, clock, ledger }
}
