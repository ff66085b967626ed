//! The services, asked of a server or of a store at hand: one code path for both. Who asks a store at hand may do what
//! the same role may over the wire.

use std::pin::Pin;

use secrecy::{ExposeSecret, SecretString};
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::metadata::AsciiMetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use crate::access::identity::Identity;
use crate::access::key_cache::KeyCache;
use crate::clock::Clock;
use crate::grpc::limits::MAX_ANSWER_BYTES;
use crate::grpc::roles::check;
use crate::grpc::services::admin::Admin;
use crate::grpc::services::billing::Billing;
use crate::grpc::services::finance::Finance;
use crate::grpc::services::movement::Movements;
use crate::grpc::stream_end::Ending;
use crate::grpc::v1;
use crate::grpc::v1::admin_service_client::AdminServiceClient;
use crate::grpc::v1::admin_service_server::AdminService;
use crate::grpc::v1::billing_service_server::BillingService;
use crate::grpc::v1::finance_service_client::FinanceServiceClient;
use crate::grpc::v1::finance_service_server::FinanceService;
use crate::grpc::v1::movement_service_client::MovementServiceClient;
use crate::grpc::v1::movement_service_server::MovementService;
use crate::ledger::handle::Load;
use crate::store::db::Db;
use crate::tenants::tenant_registry::TenantRegistry;
use crate::tenants::tenant_runtime::{Common, Sending};

/// A server, and what is sent to it with each request.
type Asked = InterceptedService<Channel, WithKey>;

/// An answer in pieces.
pub type Pieces<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Where questions about the journal are asked.
#[derive(Debug, Clone)]
pub enum Questions {
    Store(Movements, Identity),
    Server(Box<MovementServiceClient<Asked>>),
}

/// Where finance decides.
#[derive(Debug, Clone)]
pub enum Decisions {
    Store(Finance, Identity),
    Server(Box<FinanceServiceClient<Asked>>),
}

/// Where keys, exchange rates and deliveries are looked after.
#[derive(Debug, Clone)]
pub enum Administration {
    Store(Admin, Identity),
    Server(Box<AdminServiceClient<Asked>>),
}

/// Where customers are looked up.
#[derive(Debug, Clone)]
pub struct Customers(Billing, Identity);

/// The services of this process, asked within it.
#[derive(Debug, Clone)]
pub struct Inside {
    pub(super) billing: Billing,
    pub(super) movements: Movements,
    pub(super) finance: Finance,
    pub(super) admin: Admin,
}

impl Inside {
    #[must_use]
    pub fn questions(&self, who: Identity) -> Questions {
        Questions::Store(self.movements.clone(), who)
    }

    #[must_use]
    pub fn decisions(&self, who: Identity) -> Decisions {
        Decisions::Store(self.finance.clone(), who)
    }

    #[must_use]
    pub fn administration(&self, who: Identity) -> Administration {
        Administration::Store(self.admin.clone(), who)
    }

    #[must_use]
    pub fn customers(&self, who: Identity) -> Customers {
        Customers(self.billing.clone(), who)
    }
}

impl Customers {
    pub async fn get_customer(&self, request: v1::GetCustomerRequest) -> Result<v1::GetCustomerResponse, Status> {
        let Self(billing, who) = self;
        check("/deltabook.v1.BillingService/GetCustomer", who.role)?;
        let mut request = Request::new(request);
        request.extensions_mut().insert(who.clone());
        billing.get_customer(request).await.map(Response::into_inner)
    }
}

/// Why a server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error(transparent)]
    Transport(#[from] tonic::transport::Error),
    #[error("the key is none")]
    NotAKey,
}

/// Sends a key with each request, if there is one.
#[derive(Debug, Clone)]
pub struct WithKey(Option<AsciiMetadataValue>);

impl WithKey {
    fn new(key: Option<&SecretString>) -> Result<Self, Unreachable> {
        let Some(key) = key else { return Ok(Self(None)) };
        let value = AsciiMetadataValue::try_from(format!("Bearer {}", key.expose_secret()));
        let mut value = value.map_err(|_| Unreachable::NotAKey)?;
        // Not shown, and not kept by the compression of headers.
        value.set_sensitive(true);
        Ok(Self(Some(value)))
    }
}

impl Interceptor for WithKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = self.0.clone() {
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// Asks whichever it is: each method of the service, as one of the same name.
macro_rules! methods {
    ($service:literal: $($method:ident, $name:literal: $request:ident -> $response:ident;)*) => {$(
        pub async fn $method(&mut self, request: v1::$request) -> Result<v1::$response, Status> {
            let mut request = Request::new(request);
            let answer = match self {
                Self::Store(store, who) => {
                    check(concat!("/deltabook.v1.", $service, "/", $name), who.role)?;
                    request.extensions_mut().insert(who.clone());
                    store.$method(request).await
                }
                Self::Server(server) => server.$method(request).await,
            };
            answer.map(Response::into_inner)
        }
    )*};
}

/// The same for what is answered in pieces.
macro_rules! streams {
    ($service:literal: $($method:ident, $name:literal: $request:ident -> $chunk:ident;)*) => {$(
        pub async fn $method(&mut self, request: v1::$request) -> Result<Pieces<v1::$chunk>, Status> {
            let mut request = Request::new(request);
            match self {
                Self::Store(store, who) => {
                    check(concat!("/deltabook.v1.", $service, "/", $name), who.role)?;
                    request.extensions_mut().insert(who.clone());
                    store.$method(request).await.map(Response::into_inner)
                }
                Self::Server(server) => Ok(Box::pin(server.$method(request).await?.into_inner())),
            }
        }
    )*};
}

impl Questions {
    /// Asks a store.
    #[must_use]
    pub fn of_store(db: Db, clock: Clock, who: Identity) -> Self {
        let shelf = TenantRegistry::new(Common::new(db.clone(), clock.clone(), Load::Requests, Sending::default()));
        let keys = KeyCache::new(db.clone(), clock.clone());
        let ending = Ending { draining: CancellationToken::new(), keys };
        Self::Store(Movements::new(db, clock, shelf, ending), who)
    }

    /// Asks a running server, such as `http://127.0.0.1:50051`, with a key if it wants one.
    pub async fn of_server(endpoint: Endpoint, key: Option<&SecretString>) -> Result<Self, Unreachable> {
        let key = WithKey::new(key)?;
        let client = MovementServiceClient::with_interceptor(endpoint.connect().await?, key);
        Ok(Self::Server(Box::new(client.max_decoding_message_size(MAX_ANSWER_BYTES))))
    }

    methods! {
        "MovementService":
        list_movements, "ListMovements": ListMovementsRequest -> ListMovementsResponse;
        explain_movement, "ExplainMovement": ExplainMovementRequest -> ExplainMovementResponse;
        get_waterfall, "GetWaterfall": GetWaterfallRequest -> GetWaterfallResponse;
        list_scheduled_movements, "ListScheduledMovements": ListScheduledMovementsRequest -> ListScheduledMovementsResponse;
        get_mrr, "GetMrr": GetMrrRequest -> GetMrrResponse;
        get_cohorts, "GetCohorts": GetCohortsRequest -> GetCohortsResponse;
        get_retention, "GetRetention": GetRetentionRequest -> GetRetentionResponse;
    }

    streams! {
        "MovementService":
        export_movements, "ExportMovements": ExportMovementsRequest -> ExportChunk;
        export_mrr, "ExportMrr": ExportReportRequest -> ExportChunk;
        export_waterfall, "ExportWaterfall": ExportReportRequest -> ExportChunk;
    }
}

impl Decisions {
    /// Decides on the books of a store.
    #[must_use]
    pub fn of_store(db: Db, clock: Clock, who: Identity) -> Self {
        let shelf = TenantRegistry::new(Common::new(db.clone(), clock, Load::Requests, Sending::default()));
        Self::Store(Finance { db, shelf }, who)
    }

    /// Decides through a running server, such as `http://127.0.0.1:50051`, with a key if it wants one.
    pub async fn of_server(endpoint: Endpoint, key: Option<&SecretString>) -> Result<Self, Unreachable> {
        let key = WithKey::new(key)?;
        let client = FinanceServiceClient::with_interceptor(endpoint.connect().await?, key);
        Ok(Self::Server(Box::new(client.max_decoding_message_size(MAX_ANSWER_BYTES))))
    }

    methods! {
        "FinanceService":
        override_modification_type, "OverrideModificationType": OverrideModificationTypeRequest -> OverrideModificationTypeResponse;
        clear_override, "ClearOverride": ClearOverrideRequest -> ClearOverrideResponse;
        list_overrides, "ListOverrides": ListOverridesRequest -> ListOverridesResponse;
        close_period, "ClosePeriod": ClosePeriodRequest -> ClosePeriodResponse;
        reopen_period, "ReopenPeriod": ReopenPeriodRequest -> ReopenPeriodResponse;
        list_periods, "ListPeriods": ListPeriodsRequest -> ListPeriodsResponse;
        list_audit_entries, "ListAuditEntries": ListAuditEntriesRequest -> ListAuditEntriesResponse;
        get_audit_head, "GetAuditHead": GetAuditHeadRequest -> GetAuditHeadResponse;
        verify_audit_trail, "VerifyAuditTrail": VerifyAuditTrailRequest -> VerifyAuditTrailResponse;
    }
}

impl Administration {
    /// Looks after those of a store.
    #[must_use]
    pub fn of_store(db: Db, clock: Clock, who: Identity) -> Self {
        let keys = KeyCache::new(db.clone(), clock.clone());
        let shelf = TenantRegistry::new(Common::new(db.clone(), clock.clone(), Load::Bulk, Sending::default()));
        Self::Store(Admin { db, clock, keys, shelf }, who)
    }

    /// Looks after those of a running server, such as `http://127.0.0.1:50051`, with a key if it wants one.
    pub async fn of_server(endpoint: Endpoint, key: Option<&SecretString>) -> Result<Self, Unreachable> {
        let key = WithKey::new(key)?;
        let client = AdminServiceClient::with_interceptor(endpoint.connect().await?, key);
        Ok(Self::Server(Box::new(client.max_decoding_message_size(MAX_ANSWER_BYTES))))
    }

    methods! {
        "AdminService":
        create_key, "CreateKey": CreateKeyRequest -> CreateKeyResponse;
        list_keys, "ListKeys": ListKeysRequest -> ListKeysResponse;
        revoke_key, "RevokeKey": RevokeKeyRequest -> RevokeKeyResponse;
        list_sinks, "ListSinks": ListSinksRequest -> ListSinksResponse;
        list_deliveries, "ListDeliveries": ListDeliveriesRequest -> ListDeliveriesResponse;
        redrive_deliveries, "RedriveDeliveries": RedriveDeliveriesRequest -> RedriveDeliveriesResponse;
        enable_sink, "EnableSink": EnableSinkRequest -> EnableSinkResponse;
        get_tenant, "GetTenant": GetTenantRequest -> GetTenantResponse;
        update_tenant_policy, "UpdateTenantPolicy": UpdateTenantPolicyRequest -> UpdateTenantPolicyResponse;
        import_exchange_rates, "ImportExchangeRates": ImportExchangeRatesRequest -> ImportExchangeRatesResponse;
        list_rate_sets, "ListRateSets": ListRateSetsRequest -> ListRateSetsResponse;
        list_exchange_rates, "ListExchangeRates": ListExchangeRatesRequest -> ListExchangeRatesResponse;
    }
}
