//! The questions of `MovementService` and `AdminService`, asked of a server or of a store at hand: one code path for
//! both.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::admin::Admin;
use super::limits::MAX_ANSWER_BYTES;
use super::movement::Movements;
use super::v1;
use super::v1::admin_service_client::AdminServiceClient;
use super::v1::admin_service_server::AdminService;
use super::v1::movement_service_client::MovementServiceClient;
use super::v1::movement_service_server::MovementService;
use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::reports::feed::Feed;
use crate::store::db::Db;

/// Where questions about the journal are asked.
#[derive(Debug, Clone)]
pub enum Questions {
    Store(Movements),
    Server(Box<MovementServiceClient<Channel>>),
}

/// Where deliveries are looked after.
#[derive(Debug, Clone)]
pub enum Deliveries {
    Store(Admin),
    Server(Box<AdminServiceClient<Channel>>),
}

/// Asks whichever it is: each method of the service, as one of the same name.
macro_rules! methods {
    ($($method:ident: $request:ident -> $response:ident;)*) => {$(
        pub async fn $method(&mut self, request: v1::$request) -> Result<v1::$response, Status> {
            let request = Request::new(request);
            let answer = match self {
                Self::Store(store) => store.$method(request).await,
                Self::Server(server) => server.$method(request).await,
            };
            answer.map(Response::into_inner)
        }
    )*};
}

impl Questions {
    /// Asks a store.
    #[must_use]
    pub fn of_store(db: Db, tenant_id: TenantId, clock: Clock) -> Self {
        let (_nobody_tells, committed) = watch::channel(());
        let feed = Feed::start(db.clone(), tenant_id.clone(), committed);
        Self::Store(Movements { db, tenant_id, clock, feed, draining: CancellationToken::new() })
    }

    /// Asks a running server, such as `http://127.0.0.1:50051`.
    pub async fn of_server(endpoint: Endpoint) -> Result<Self, tonic::transport::Error> {
        let client = MovementServiceClient::new(endpoint.connect().await?);
        Ok(Self::Server(Box::new(client.max_decoding_message_size(MAX_ANSWER_BYTES))))
    }

    methods! {
        list_movements: ListMovementsRequest -> ListMovementsResponse;
        explain_movement: ExplainMovementRequest -> ExplainMovementResponse;
        get_waterfall: GetWaterfallRequest -> GetWaterfallResponse;
        get_mrr: GetMrrRequest -> GetMrrResponse;
    }
}

impl Deliveries {
    /// Looks after those of a store.
    #[must_use]
    pub fn of_store(db: Db, tenant_id: TenantId, clock: Clock) -> Self {
        Self::Store(Admin { db, tenant_id, clock })
    }

    /// Looks after those of a running server, such as `http://127.0.0.1:50051`.
    pub async fn of_server(endpoint: Endpoint) -> Result<Self, tonic::transport::Error> {
        let client = AdminServiceClient::new(endpoint.connect().await?);
        Ok(Self::Server(Box::new(client.max_decoding_message_size(MAX_ANSWER_BYTES))))
    }

    methods! {
        list_sinks: ListSinksRequest -> ListSinksResponse;
        list_deliveries: ListDeliveriesRequest -> ListDeliveriesResponse;
        redrive_deliveries: RedriveDeliveriesRequest -> RedriveDeliveriesResponse;
        enable_sink: EnableSinkRequest -> EnableSinkResponse;
    }
}
