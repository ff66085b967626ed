//! `deltabook serve`: the service.

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

/// Serve gRPC, and the console for browsers at the same address, until Ctrl-C or SIGTERM.
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
    /// Address to listen on. Beyond this machine it takes TLS and keys
    #[arg(long, env = "DELTABOOK_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    listen: SocketAddr,

    #[command(flatten)]
    tls: TlsOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    config: ConfigOptions,

    /// A proxy ends TLS and passes on what it decrypts; it writes the caller's address into x-forwarded-for. Then keys
    /// are needed on this machine too
    #[arg(long, env = "DELTABOOK_BEHIND_TLS_PROXY")]
    behind_tls_proxy: bool,

    /// Requests of one key in a second; more are refused [default: as many as come]
    #[arg(long, env = "DELTABOOK_REQUESTS_PER_KEY", value_name = "COUNT", hide_short_help = true)]
    requests_per_key: Option<NonZero<u32>>,
}

impl ServeArgs {
    /// Who may ask: beyond this machine nobody without a key, and no key goes there in the clear.
    async fn access(&self) -> anyhow::Result<Access> {
        let (address, has_tls) = (self.listen, self.tls.certificate.is_some());
        let is_exposed = !address.ip().is_loopback() || self.behind_tls_proxy;
        if is_exposed && !has_tls && !self.behind_tls_proxy {
            bail!("{address} is beyond this machine: that takes TLS, or --behind-tls-proxy where a proxy ends it");
        }
        if is_exposed && !self.has_keys().await? {
            bail!("whoever reaches {address} needs a key, and there is none: `deltabook keys create` makes one");
        }
        Ok(Access {
            is_open_without_keys: !is_exposed,
            is_behind_proxy: self.behind_tls_proxy,
            requests_per_key: self.requests_per_key,
        })
    }

    /// What an auditor asks of the options: who can reach the service, and how. Nothing, where it is this machine only.
    fn described(&self) -> String {
        let TlsOptions { certificate, client_ca, .. } = &self.tls;
        let mut words = Vec::new();
        if !self.listen.ip().is_loopback() {
            words.push(format!("listens on {}", self.listen));
        }
        words.extend(certificate.as_ref().map(|file| format!("TLS with {}", file.display())));
        words.extend(client_ca.as_ref().map(|file| format!("clients by {}", file.display())));
        words.extend(self.behind_tls_proxy.then(|| "behind a proxy".to_owned()));
        words.extend(self.requests_per_key.map(|count| format!("{count} requests a second of a key")));
        words.join(", ")
    }

    async fn has_keys(&self) -> anyhow::Result<bool> {
        let db = Db::open(&self.store).await?;
        let found = KeyCache::new(db.clone(), Clock::system()).has_keys().await;
        db.close().await;
        Ok(found?)
    }
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
    let (access, options) = (args.access().await?, args.described());
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
    let open = if is_open { "; it asks for no key, because there is none yet" } else { "" };
    note(&format!("deltabook listens on {scheme}{address}, store {}{open}", shown(&args.store.database_url)));
    service.serve(listener, access, shutdown).await?;
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
