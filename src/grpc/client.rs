//! Clients of the services, of this process or of a server: the generated ones, over one kind of transport.
//!
//! In the process the caller's [`Identity`] is an extension of the request, as the authentication layer of a server sets
//! it, and the roles are checked by the same table.

use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, StdError};
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tower::Service;

use crate::access::identity::Identity;
use crate::access::key_cache::KeyCache;
use crate::clock::Clock;
use crate::grpc::limits::MAX_ANSWER_BYTES;
use crate::grpc::roles::check;
use crate::grpc::server::{Dependencies, MessageLimits, Services};
use crate::grpc::v1::admin_service_client::AdminServiceClient;
use crate::grpc::v1::billing_service_client::BillingServiceClient;
use crate::grpc::v1::finance_service_client::FinanceServiceClient;
use crate::grpc::v1::movement_service_client::MovementServiceClient;
use crate::ledger::handle::Workload;
use crate::net::limits::ConnectionLimits;
use crate::store::db::Db;
use crate::tenants::tenant_registry::TenantRegistry;
use crate::tenants::tenant_runtime::{Common, Sending};

pub type BillingClient = BillingServiceClient<Transport>;
pub type MovementClient = MovementServiceClient<Transport>;
pub type FinanceClient = FinanceServiceClient<Transport>;
pub type AdminClient = AdminServiceClient<Transport>;

/// Clients of all services, over one transport. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients(Transport);

/// The services of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct InProcess(Routes);

/// Carries requests to the services of this process, as one caller, or to a server.
#[derive(Debug, Clone)]
pub enum Transport {
    Process { routes: Routes, caller: Identity },
    Server { channel: Channel, key: Option<HeaderValue> },
}

/// Why a server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error(transparent)]
    Transport(#[from] tonic::transport::Error),
    #[error("the key has characters that no key has")]
    NotAKey,
}

impl InProcess {
    pub(super) fn new(services: Services) -> Self {
        Self(services.routes(MessageLimits::NONE))
    }

    /// Clients that ask as this caller, and may do what the caller's role may.
    #[must_use]
    pub fn clients(&self, caller: Identity) -> Clients {
        Clients(Transport::Process { routes: self.0.clone(), caller })
    }
}

impl Clients {
    /// Asks the services over a store that this process has opened.
    #[must_use]
    pub fn of_store(db: Db, clock: Clock, workload: Workload, caller: Identity) -> Self {
        let tenants = TenantRegistry::new(Common::new(db.clone(), clock.clone(), workload, Sending::default()));
        let keys = KeyCache::new(db.clone(), clock.clone());
        let dependencies = Dependencies { db, tenants, keys, clock };
        let services = Services::new(dependencies, ConnectionLimits::default(), CancellationToken::new());
        InProcess::new(services).clients(caller)
    }

    /// Asks a running server, such as `http://127.0.0.1:50051`; a key is sent with each request, if there is one.
    pub async fn of_server(endpoint: Endpoint, key: Option<&SecretString>) -> Result<Self, Unreachable> {
        let key = key.map(bearer).transpose()?;
        Ok(Self(Transport::Server { channel: endpoint.connect().await?, key }))
    }

    /// Records facts, and shows customers.
    #[must_use]
    pub fn billing(&self) -> BillingClient {
        BillingServiceClient::new(self.0.clone()).max_decoding_message_size(self.0.max_answer_bytes())
    }

    /// Lists, explains and adds up movements.
    #[must_use]
    pub fn movements(&self) -> MovementClient {
        MovementServiceClient::new(self.0.clone()).max_decoding_message_size(self.0.max_answer_bytes())
    }

    /// Overrides, closes months, and reads the audit trail.
    #[must_use]
    pub fn finance(&self) -> FinanceClient {
        FinanceServiceClient::new(self.0.clone()).max_decoding_message_size(self.0.max_answer_bytes())
    }

    /// Manages keys, the policy, exchange rates and deliveries.
    #[must_use]
    pub fn admin(&self) -> AdminClient {
        AdminServiceClient::new(self.0.clone()).max_decoding_message_size(self.0.max_answer_bytes())
    }
}

/// The header of a key, which no log shows and the compression of headers does not keep.
fn bearer(key: &SecretString) -> Result<HeaderValue, Unreachable> {
    let mut value =
        HeaderValue::try_from(format!("Bearer {}", key.expose_secret())).map_err(|_| Unreachable::NotAKey)?;
    value.set_sensitive(true);
    Ok(value)
}

impl Transport {
    fn max_answer_bytes(&self) -> usize {
        match self {
            Self::Process { .. } => usize::MAX,
            Self::Server { .. } => MAX_ANSWER_BYTES,
        }
    }
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Body>;
    type Error = StdError;
    type Future = BoxFuture<Response<Body>, StdError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        match self {
            Self::Process { routes, .. } => Service::<Request<Body>>::poll_ready(routes, context).map_err(Into::into),
            Self::Server { channel, .. } => channel.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self {
            Self::Process { routes, caller } => {
                if let Err(status) = check(request.uri().path(), caller.role) {
                    return Box::pin(async move { Ok(status.into_http()) });
                }
                request.extensions_mut().insert(caller.clone());
                let answer = routes.call(request);
                Box::pin(async move { Ok(answer.await?) })
            }
            Self::Server { channel, key } => {
                if let Some(key) = key {
                    request.headers_mut().insert(AUTHORIZATION, key.clone());
                }
                let answer = channel.call(request);
                Box::pin(async move { Ok(answer.await?) })
            }
        }
    }
}
