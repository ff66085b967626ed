//! `deltabook demo`: a temporary server with sample data, and its reports.

mod tour;

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use deltabook::access::authenticator::Access;
use deltabook::clock::Clock;
use deltabook::service::Service;
use deltabook::tenants::tenant_runtime::Sending;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Channel;

use crate::cli::serve::stop_signal;
use crate::cli::shared::output::to_stdout;

/// Run a tour: a server on a free port with two years of sample data, and its reports
///
/// The store is temporary and is deleted at exit. The server is reachable from this machine only.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DemoArgs {
    /// Exit after printing, without waiting for Ctrl-C
    #[arg(long)]
    exit: bool,
}

pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let stopped = stop_signal()?;
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    let store = folder.path().join("demo.db").display().to_string();
    let listener = TcpListener::bind("127.0.0.1:0").await.context("failed to open a port")?;
    let address = listener.local_addr()?;
    let (stop, stopping) = oneshot::channel::<()>();
    let shutdown = async move {
        let _demo_ended = stopping.await;
    };
    let service = Service::open(&store, Clock::system(), Sending::default()).await?;
    let serving = tokio::spawn(service.serve(listener, Access::OPEN, shutdown));
    let shown = async {
        let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
        let tour = tour::run(channel, &address).await?;
        to_stdout(|out| out.write_all(tour.text.as_bytes()))?;
        if !args.exit {
            to_stdout(|out| out.write_all(tour::next_commands(&address, &store, &tour.explained).as_bytes()))?;
            stopped.await;
        }
        anyhow::Ok(ExitCode::SUCCESS)
    };
    let shown = shown.await;
    // Also after an error, the server shuts down before the process ends.
    let _server_ended = stop.send(());
    serving.await??;
    shown
}
