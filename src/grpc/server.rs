//! The server: services, health, reflection, limits, and a clean end.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use crate::access::authenticator::Authenticator;
use crate::access::key_cache::KeyCache;
use crate::clock::Clock;
use crate::grpc::DESCRIPTORS;
use crate::grpc::auth::AuthLayer;
use crate::grpc::client::InProcess;
use crate::grpc::limits::{
    DRAIN_TIMEOUT, KEEPALIVE_TIMEOUT, MAX_ANSWER_BYTES, MAX_MESSAGE_BYTES, MAX_STREAMS_PER_CONNECTION,
};
use crate::grpc::services::admin::Admin;
use crate::grpc::services::billing::Billing;
use crate::grpc::services::finance::Finance;
use crate::grpc::services::movement::Movements;
use crate::grpc::stream_end::Ending;
use crate::grpc::v1::admin_service_server::AdminServiceServer;
use crate::grpc::v1::billing_service_server::BillingServiceServer;
use crate::grpc::v1::finance_service_server::FinanceServiceServer;
use crate::grpc::v1::movement_service_server::MovementServiceServer;
use crate::net::limits::{ConnectionLimits, KEEPALIVE_INTERVAL, MAX_RESET_STREAMS};
use crate::net::listener::Listener;
use crate::store::db::Db;
use crate::tenants::tenant_registry::TenantRegistry;

/// The dependencies of the services.
#[derive(Debug, Clone)]
pub struct Dependencies {
    pub db: Db,
    pub tenants: TenantRegistry,
    pub keys: KeyCache,
    pub clock: Clock,
}

/// The services, ready to answer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    billing: Billing,
    movements: Movements,
    finance: Finance,
    admin: Admin,
    tenants: TenantRegistry,
    draining: CancellationToken,
}

/// The largest messages, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageLimits {
    request: usize,
    answer: usize,
}

impl MessageLimits {
    const OF_CLIENTS: Self = Self { request: MAX_MESSAGE_BYTES, answer: MAX_ANSWER_BYTES };
    /// In the process both sides are ours.
    pub const NONE: Self = Self { request: usize::MAX, answer: usize::MAX };
}

impl Services {
    /// Services that are served by a listener with these limits; their streams end when `draining` is cancelled.
    #[must_use]
    pub fn new(dependencies: Dependencies, limits: ConnectionLimits, draining: CancellationToken) -> Self {
        let Dependencies { db, tenants, keys, clock } = dependencies;
        let ending = Ending { draining: draining.clone(), keys: keys.clone() };
        let billing = Billing {
            tenants: tenants.clone(),
            db: db.clone(),
            ending: ending.clone(),
            stream_idle_time: limits.stream_idle_time,
        };
        let admin = Admin { db: db.clone(), clock: clock.clone(), keys, tenants: tenants.clone() };
        let finance = Finance { db: db.clone(), tenants: tenants.clone() };
        let movements = Movements::new(db, clock, tenants.clone(), ending);
        Self { billing, movements, finance, admin, tenants, draining }
    }

    /// The same services, asked within the process.
    #[must_use]
    pub fn in_process(&self) -> InProcess {
        InProcess::new(self.clone())
    }

    pub(super) fn routes(self, limits: MessageLimits) -> Routes {
        let Self { billing, movements, finance, admin, .. } = self;
        let MessageLimits { request, answer } = limits;
        Routes::default()
            .add_service(
                BillingServiceServer::new(billing).max_decoding_message_size(request).max_encoding_message_size(answer),
            )
            .add_service(
                MovementServiceServer::new(movements)
                    .max_decoding_message_size(request)
                    .max_encoding_message_size(answer),
            )
            .add_service(
                FinanceServiceServer::new(finance).max_decoding_message_size(request).max_encoding_message_size(answer),
            )
            .add_service(
                AdminServiceServer::new(admin).max_decoding_message_size(request).max_encoding_message_size(answer),
            )
    }
}

/// Why the server ended, other than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    #[error("{0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves until `shutdown` is done; then refuses new requests and lets open ones finish, for a bounded time. Beside the
/// gRPC services there are pages, which have paths under [`PAGES`](crate::grpc::auth::PAGES).
pub async fn listen(
    services: Services,
    pages: Router,
    listener: Listener,
    door: Arc<Authenticator>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (tenants, draining) = (services.tenants.clone(), services.draining.clone());
    let (health, health_service) = tonic_health::server::health_reporter();
    let names = [
        "",
        "deltabook.v1.BillingService",
        "deltabook.v1.MovementService",
        "deltabook.v1.FinanceService",
        "deltabook.v1.AdminService",
    ];
    for name in names {
        health.set_service_status(name, ServingStatus::Serving).await;
    }
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let drain = draining.clone();
    let stop = async move {
        shutdown.await;
        for name in names {
            health.set_service_status(name, ServingStatus::NotServing).await;
        }
        tenants.stop();
        drain.cancel();
    };
    let mut routes = services
        .routes(MessageLimits::OF_CLIENTS)
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    let router = routes.axum_router_mut();
    *router = std::mem::take(router).merge(pages);
    let server = Server::builder()
        // Browsers without TLS speak nothing else; what is no page is refused by the layer below.
        .accept_http1(true)
        .max_concurrent_streams(MAX_STREAMS_PER_CONNECTION)
        // Callers who give up are no attack: their requests end, the connection stays.
        .http2_max_pending_accept_reset_streams(Some(MAX_RESET_STREAMS))
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .timeout(listener.limits.request_time)
        .layer(AuthLayer(door))
        .add_routes(routes.prepare())
        .serve_with_incoming_shutdown(listener.accept(), stop);
    let overdue = async move {
        draining.cancelled().await;
        tokio::time::sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        ended = server => Ok(ended?),
        () = overdue => {
            tracing::warn!(waited = ?DRAIN_TIMEOUT, "open connections were cut off");
            Ok(())
        }
    }
}
