//! How the service listens: limits of connections, TLS, and what clients do who mean no good.

mod connection_limits;
mod serve_command;
mod tls;
mod tls_reload;

use std::net::SocketAddr;

use deltabook::access::authenticator::Access;
use deltabook::clock::Clock;
use deltabook::grpc::server::ServeError;
use deltabook::grpc::v1;
use deltabook::grpc::v1::billing_service_client::BillingServiceClient;
use deltabook::net::limits::ConnectionLimits;
use deltabook::net::listener::Listener;
use deltabook::net::tls::{Tls, TlsFiles};
use deltabook::service::Service;
use deltabook::tenants::tenant_runtime::Sending;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use crate::support::canary;
use crate::support::server::line;
use crate::support::store::{Store, sqlite};
use crate::support::wait::PATIENCE;

/// A server in this process, with limits of its own.
struct ListeningServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
    _store: Store,
}

impl ListeningServer {
    async fn start(tls: Option<TlsFiles>, limits: ConnectionLimits) -> Self {
        canary::watch();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let tls = tls.map(|files| Tls::open(files).unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let store = sqlite();
        let service = Service::open(store.url(), Clock::system(), Sending::default()).await.unwrap();
        let running = tokio::spawn(service.serve(Listener { socket, tls, limits }, Access::OPEN, shutdown));
        Self { address, stop, running, _store: store }
    }

    async fn plain() -> Self {
        Self::start(None, ConnectionLimits::default()).await
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Ends it without waiting for open connections.
    async fn finish(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap().unwrap();
    }
}

/// Whether a request on this connection is answered, and what is wrong if not.
async fn records(channel: &Channel) -> Result<(), String> {
    let facts = vec![line("acme", "L1", json!({}))];
    let request = v1::RecordFactsRequest { facts, ..v1::RecordFactsRequest::default() };
    let answer = BillingServiceClient::new(channel.clone()).record_facts(request).await;
    answer.map(|_| ()).map_err(|status| printed(&status))
}

/// The same on a new connection.
async fn answers(endpoint: Endpoint) -> Result<(), String> {
    let channel = endpoint.connect().await.map_err(|error| printed(&error))?;
    records(&channel).await
}

/// An error with those that caused it.
fn printed(error: &dyn std::error::Error) -> String {
    let mut printed = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        printed = format!("{printed}: {error}");
        cause = error.source();
    }
    printed
}

/// Waits until the server has closed the connection; gives what it sent before.
async fn closed(mut connection: TcpStream) -> Vec<u8> {
    let mut sent = Vec::new();
    // Closed with or without a reset.
    let ended = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut sent)).await;
    assert!(ended.is_ok(), "it stays open");
    sent
}
