//! `deltabook demo`: a server, a small book of business sent to it, and what it answers.

mod story;

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

/// See it work: a server on a free port, two years of a small book of business, and what became of its MRR
///
/// The store is temporary and goes when the demo ends. Nothing is sent anywhere else.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DemoArgs {
    /// End after printing, instead of staying up until Ctrl-C
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
        let story = story::tell(channel, &address).await?;
        to_stdout(|out| out.write_all(story.text.as_bytes()))?;
        if !args.exit {
            to_stdout(|out| out.write_all(story::try_next(&address, &store, &story.explained).as_bytes()))?;
            stopped.await;
        }
        anyhow::Ok(ExitCode::SUCCESS)
    };
    let shown = shown.await;
    // Whatever became of it, the server ends before the program does.
    let _server_ended = stop.send(());
    serving.await??;
    shown
}
