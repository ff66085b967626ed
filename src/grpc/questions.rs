//! The questions of `MovementService`, asked of a server or of a store at hand: one code path for both.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::limits::MAX_ANSWER_BYTES;
use super::movement::Movements;
use super::v1;
use super::v1::movement_service_client::MovementServiceClient;
use super::v1::movement_service_server::MovementService;
use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::reports::feed::Feed;
use crate::store::db::Db;

/// Where questions are asked.
#[derive(Debug, Clone)]
pub enum Questions {
    Store(Movements),
    Server(Box<MovementServiceClient<Channel>>),
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

    pub async fn list_movements(
        &mut self,
        request: v1::ListMovementsRequest,
    ) -> Result<v1::ListMovementsResponse, Status> {
        let request = Request::new(request);
        let answer = match self {
            Self::Store(store) => store.list_movements(request).await,
            Self::Server(server) => server.list_movements(request).await,
        };
        answer.map(tonic::Response::into_inner)
    }

    pub async fn explain_movement(
        &mut self,
        request: v1::ExplainMovementRequest,
    ) -> Result<v1::ExplainMovementResponse, Status> {
        let request = Request::new(request);
        let answer = match self {
            Self::Store(store) => store.explain_movement(request).await,
            Self::Server(server) => server.explain_movement(request).await,
        };
        answer.map(tonic::Response::into_inner)
    }

    pub async fn get_waterfall(
        &mut self,
        request: v1::GetWaterfallRequest,
    ) -> Result<v1::GetWaterfallResponse, Status> {
        let request = Request::new(request);
        let answer = match self {
            Self::Store(store) => store.get_waterfall(request).await,
            Self::Server(server) => server.get_waterfall(request).await,
        };
        answer.map(tonic::Response::into_inner)
    }

    pub async fn get_mrr(&mut self, request: v1::GetMrrRequest) -> Result<v1::GetMrrResponse, Status> {
        let request = Request::new(request);
        let answer = match self {
            Self::Store(store) => store.get_mrr(request).await,
            Self::Server(server) => server.get_mrr(request).await,
        };
        answer.map(tonic::Response::into_inner)
    }
}
