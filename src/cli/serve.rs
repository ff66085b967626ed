//! `deltabook serve`: runs the gRPC service and the console.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;

use deltabook::access::authenticator::Access;
use deltabook::access::key_cache::KeyCache;
use deltabook::clock::Clock;
use deltabook::config::ConfigOptions;
use deltabook::config::{StoreOptions, local_actor};
use deltabook::net::listener::Listener;
use deltabook::net::tls::{Tls, TlsFiles};
use deltabook::service::Service;
use deltabook::store::db::{Db, shown};
use deltabook::tenants::tenant_runtime::Sending;

use crate::cli::shared::output::note;

/// Serve gRPC and the web console on one address until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook serve
  deltabook serve --listen 127.0.0.1:6000 --database-url books.db
  deltabook serve --config deltabook.toml
  deltabook serve --tls-certificate server.pem --tls-key server.key
  grpcurl -plaintext 127.0.0.1:50051 list

On Ctrl-C or SIGTERM it stops accepting requests, completes accepted ones, and exits.")]
pub struct ServeArgs {
    /// Address to listen on; other than loopback requires TLS and keys
    #[arg(long, env = "DELTABOOK_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    listen: SocketAddr,

    #[command(flatten)]
    tls: TlsOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    config: ConfigOptions,

    /// Trust a proxy in front that terminates TLS and sets x-forwarded-for; requires keys on loopback too
    #[arg(long, env = "DELTABOOK_BEHIND_TLS_PROXY")]
    behind_tls_proxy: bool,

    /// Maximum requests per key and second [default: unlimited]
    #[arg(long, env = "DELTABOOK_REQUESTS_PER_KEY", value_name = "COUNT", hide_short_help = true)]
    requests_per_key: Option<NonZero<u32>>,
}

impl ServeArgs {
    /// Access rules. Beyond loopback every request needs a key, and keys are sent over TLS only.
    async fn access(&self) -> anyhow::Result<Access> {
        let (address, has_tls) = (self.listen, self.tls.certificate.is_some());
        let is_exposed = !address.ip().is_loopback() || self.behind_tls_proxy;
        if is_exposed && !has_tls && !self.behind_tls_proxy {
            bail!(
                "listening on {address} requires TLS: pass --tls-certificate and --tls-key, or --behind-tls-proxy if a proxy terminates TLS"
            );
        }
        if is_exposed && !self.has_keys().await? {
            bail!("serving {address} requires an API key, and none exists; create one with `deltabook keys create`");
        }
        Ok(Access {
            is_open_without_keys: !is_exposed,
            is_behind_proxy: self.behind_tls_proxy,
            requests_per_key: self.requests_per_key,
        })
    }

    /// Security-relevant options for the audit trail; empty for a plain server on loopback.
    fn describe_options(&self) -> String {
        let TlsOptions { certificate, client_ca, .. } = &self.tls;
        let mut words = Vec::new();
        if !self.listen.ip().is_loopback() {
            words.push(format!("listens on {}", self.listen));
        }
        words.extend(certificate.as_ref().map(|file| format!("TLS with {}", file.display())));
        words.extend(client_ca.as_ref().map(|file| format!("client certificates by {}", file.display())));
        words.extend(self.behind_tls_proxy.then(|| "behind a TLS proxy".to_owned()));
        words.extend(self.requests_per_key.map(|count| format!("{count} requests per key and second")));
        words.join(", ")
    }

    async fn has_keys(&self) -> anyhow::Result<bool> {
        let db = Db::open(&self.store).await?;
        let found = KeyCache::new(db.clone(), Clock::system()).has_keys().await;
        db.close().await;
        Ok(found?)
    }
}

/// TLS options of the server.
#[derive(Debug, Args)]
struct TlsOptions {
    /// TLS certificate chain (PEM): the server's certificate first, then intermediates. Renewed files are reloaded without
    /// a restart
    #[arg(long = "tls-certificate", env = "DELTABOOK_TLS_CERTIFICATE", value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// Private key of the TLS certificate (PEM, unencrypted)
    #[arg(long = "tls-key", env = "DELTABOOK_TLS_KEY", value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Certificate authorities of clients (PEM): requires client certificates (mutual TLS)
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
    let (access, options) = (args.access().await?, args.describe_options());
    let tls = args.tls.open()?;
    let socket = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = socket.local_addr()?;
    let scheme = if tls.is_some() { "https://" } else { "" };
    let listener = Listener { tls, ..Listener::from(socket) };
    let shutdown = stop_signal()?;
    let clock = Clock::system();
    let config = args.config.read()?;
    let retention = config.retention;
    let sinks = config.open_sinks(&clock).await?;
    let service = Service::open(&args.store, clock, Sending { sinks, retention }).await?;
    service.note_configuration("serve", &options, &local_actor()).await?;
    let is_open = access.is_open_without_keys && !service.has_keys().await?;
    let open = if is_open { "; open without keys, because none exists" } else { "" };
    note(&format!("deltabook listens on {scheme}{address}, store {}{open}", shown(&args.store.database_url)));
    service.serve(listener, access, shutdown).await?;
    note("deltabook stopped");
    Ok(ExitCode::SUCCESS)
}

/// Resolves on SIGINT (Ctrl-C) or SIGTERM (service managers).
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
