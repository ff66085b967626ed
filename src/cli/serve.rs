//! `deltabook serve`: the service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use deltabook::clock::Clock;
use deltabook::config::StoreOptions;
use deltabook::config::file::ConfigOptions;
use deltabook::domain::ids::TenantId;
use deltabook::grpc::listener::Listener;
use deltabook::grpc::tls::{Tls, TlsFiles};
use deltabook::service::{Sending, Service};
use deltabook::store::db::shown;

use super::output::note;

/// Serve gRPC until Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook serve
  deltabook serve --listen 127.0.0.1:6000 --database-url books.db
  deltabook serve --config deltabook.toml
  deltabook serve --tls-certificate server.pem --tls-key server.key
  grpcurl -plaintext 127.0.0.1:50051 list

At Ctrl-C or SIGTERM it accepts nothing more, finishes what it accepted, and ends.")]
pub struct ServeArgs {
    /// Address to listen on. There is no authentication yet: keep it on this machine or a private network.
    #[arg(long, env = "DELTABOOK_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    listen: SocketAddr,

    #[command(flatten)]
    tls: TlsOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    config: ConfigOptions,
}

/// What connections are encrypted with.
#[derive(Debug, Args)]
struct TlsOptions {
    /// Encrypt connections (TLS) with this certificate: PEM, the server's first, then those that lead to its authority.
    /// Renewed files are taken up without a restart.
    #[arg(long = "tls-certificate", env = "DELTABOOK_TLS_CERTIFICATE", value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The certificate's private key: PEM, not encrypted
    #[arg(long = "tls-key", env = "DELTABOOK_TLS_KEY", value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Let in only clients with a certificate of these authorities: PEM (mutual TLS)
    #[arg(long = "tls-client-ca", env = "DELTABOOK_TLS_CLIENT_CA", value_name = "FILE", requires = "certificate")]
    client_ca: Option<PathBuf>,
}

impl TlsOptions {
    fn open(self) -> anyhow::Result<Option<Tls>> {
        let (Some(certificate), Some(key)) = (self.certificate, self.key) else { return Ok(None) };
        let files = TlsFiles { certificate, key, client_ca: self.client_ca };
        Ok(Some(Tls::open(files).context("TLS")?))
    }
}

pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let tls = args.tls.open()?;
    let socket = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = socket.local_addr()?;
    let scheme = if tls.is_some() { "https://" } else { "" };
    let listener = Listener { tls, ..Listener::from(socket) };
    let shutdown = stop_signal()?;
    let (clock, tenant_id) = (Clock::system(), TenantId::only());
    let config = args.config.read()?;
    let retention = config.retention;
    let sinks = config.open_sinks(&clock, &tenant_id).await?;
    let service = Service::open(&args.store, tenant_id, clock, Sending { sinks, retention }).await?;
    note(&format!("deltabook listens on {scheme}{address}, store {}", shown(&args.store.database_url)));
    service.serve(listener, shutdown).await?;
    note("deltabook has ended");
    Ok(ExitCode::SUCCESS)
}

/// Ends at Ctrl-C, or when the machine's service manager says so.
pub(super) fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}
