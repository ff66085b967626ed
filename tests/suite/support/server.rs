//! A server of its own for each test: its store, a free port, real gRPC.

use deltabook::access::authenticator::Access;
use deltabook::clock::Clock;
use deltabook::codec::decode;
use deltabook::codec::dto::RawFact;
use deltabook::domain::facts::fact::Fact;
use deltabook::domain::ids::TenantId;
use deltabook::grpc::server::ServeError;
use deltabook::grpc::v1;
use deltabook::grpc::v1::admin_service_client::AdminServiceClient;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::grpc::v1::finance_service_client::FinanceServiceClient;
use deltabook::grpc::v1::movement_service_client::MovementServiceClient;
use deltabook::grpc::wire::facts::to_wire;
use deltabook::ledger::verify::{Verification, verify};
use deltabook::service::Service;
use deltabook::store::db::Db;
use deltabook::tenants::tenant_runtime::Sending;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::Channel;

use super::store::Store;
use super::{canary, facts};

pub struct TestServer {
    pub billing: BillingServiceClient<Channel>,
    pub movements: MovementServiceClient<Channel>,
    pub finance: FinanceServiceClient<Channel>,
    pub admin: AdminServiceClient<Channel>,
    pub channel: Channel,
    pub address: std::net::SocketAddr,
    pub store: Store,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
}

impl TestServer {
    /// A server that is open as long as there is no key.
    pub async fn start(store: Store) -> Self {
        Self::start_at(store, Clock::system()).await
    }

    /// By a clock of the test's own.
    pub async fn start_at(store: Store, clock: Clock) -> Self {
        Self::start_with(store, clock, Access::OPEN).await
    }

    pub async fn start_with(store: Store, clock: Clock, access: Access) -> Self {
        Self::start_sending(store, clock, access, Sending::default()).await
    }

    /// With receivers of events.
    pub async fn start_sending(store: Store, clock: Clock, access: Access, sending: Sending) -> Self {
        canary::watch();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let service = Service::open(store.url(), clock, sending).await.unwrap();
        let running = tokio::spawn(service.serve(listener, access, shutdown));
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let billing = BillingServiceClient::new(channel.clone());
        let movements = MovementServiceClient::new(channel.clone());
        let finance = FinanceServiceClient::new(channel.clone());
        let admin = AdminServiceClient::new(channel.clone());
        Self { billing, movements, finance, admin, channel, address, store, stop, running }
    }

    /// A client with a connection of its own.
    pub async fn another_client(&self) -> MovementServiceClient<Channel> {
        let channel = Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap();
        MovementServiceClient::new(channel)
    }

    pub async fn record(&mut self, facts: Vec<v1::Fact>) -> Result<v1::RecordFactsResponse, tonic::Status> {
        let request = v1::RecordFactsRequest { facts, ..v1::RecordFactsRequest::default() };
        self.billing.record_facts(request).await.map(tonic::Response::into_inner)
    }

    pub async fn list(&mut self, request: v1::ListMovementsRequest) -> Vec<v1::Movement> {
        self.movements.list_movements(request).await.unwrap().into_inner().movements
    }

    /// Ends the server cleanly, and verifies what it leaves.
    pub async fn finish(self) -> Verification {
        let Self { billing, movements, finance, admin, channel, store, stop, running, .. } = self;
        drop((billing, movements, finance, admin, channel));
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
        let found = verified(store.url()).await;
        assert_eq!(found.differences, [], "verify");
        found
    }
}

pub async fn verified(url: &str) -> Verification {
    let db = Db::open_existing(url).await.unwrap();
    let found = verify(&db, &TenantId::only(), || {}).await.unwrap();
    db.close().await;
    found
}

/// A line of a customer, for the ledger.
pub fn a_line(customer: &str) -> Fact {
    decode::fact(&serde_json::from_value(facts::line(customer, json!({}))).unwrap(), "").unwrap()
}

/// A fact, written as in the files.
pub fn fact(json: Value) -> v1::Fact {
    let raw: RawFact = serde_json::from_value(json).unwrap();
    to_wire(raw).unwrap()
}

/// A line of [`facts`] by its id.
pub fn line(customer: &str, line: &str, fields: Value) -> v1::Fact {
    fact(facts::line(customer, facts::with(json!({ "line_id": line }), fields)))
}

/// An order of [`facts`].
pub fn order(customer: &str, order: &str, fields: Value) -> v1::Fact {
    fact(facts::order(customer, order, fields))
}
