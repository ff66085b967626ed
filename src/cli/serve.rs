//! `deltabook serve`: the service.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use deltabook::clock::Clock;
use deltabook::config::StoreOptions;
use deltabook::config::file::ConfigOptions;
use deltabook::domain::ids::TenantId;
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
  grpcurl -plaintext 127.0.0.1:50051 list

At Ctrl-C or SIGTERM it accepts nothing more, finishes what it accepted, and ends.")]
pub struct ServeArgs {
    /// Address to listen on. There is no authentication yet: keep it on this machine or a private network.
    #[arg(long, env = "DELTABOOK_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    listen: SocketAddr,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    config: ConfigOptions,
}

pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    let shutdown = stop_signal()?;
    let (clock, tenant_id) = (Clock::system(), TenantId::only());
    let config = args.config.read()?;
    let retention = config.retention;
    let sinks = config.open_sinks(&clock, &tenant_id).await?;
    let service = Service::open(&args.store, tenant_id, clock, Sending { sinks, retention }).await?;
    note(&format!("deltabook listens on {address}, store {}", shown(&args.store.database_url)));
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
