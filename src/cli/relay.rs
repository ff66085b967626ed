//! `deltabook relay`: delivers events without serving.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use deltabook::clock::Clock;
use deltabook::config::ConfigOptions;
use deltabook::config::{StoreOptions, local_actor};
use deltabook::service::{Service, deliver_what_is_due};
use deltabook::store::db::{Db, shown};
use deltabook::tenants::configuration_audit;
use deltabook::tenants::tenant_runtime::Sending;

use crate::cli::serve::stop_signal;
use crate::cli::shared::output::note;

/// Deliver events to the configured sinks until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "\
`serve` with a configuration also delivers events. Several processes can run on one store: one process at a time delivers to
each sink.

Examples:
  deltabook relay --config deltabook.toml
  deltabook relay --config deltabook.toml --drain    deliver due events, then exit")]
pub struct RelayArgs {
    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    config: ConfigOptions,

    /// Deliver due events, then exit; exit code 1 if any event was not delivered
    #[arg(long)]
    drain: bool,
}

pub async fn run(args: RelayArgs) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let config = args.config.read()?;
    if config.sinks.is_empty() {
        bail!("no sinks are configured; pass a configuration with sinks by --config");
    }
    let shutdown = stop_signal()?;
    let retention = config.retention;
    let sinks = config.open_sinks(&clock).await?;
    let names: Vec<String> = sinks.iter().map(|sink| sink.name.clone()).collect();
    let sending = Sending { sinks, retention };
    // Without a store there is nothing to deliver, so the store is not created.
    let db = Db::open_existing(&args.store).await?;
    let noted = configuration_audit::note(&db, "relay", "", &sending, &local_actor(), clock.now()).await;
    db.close().await;
    noted?;
    if args.drain {
        let left = deliver_what_is_due(&args.store, clock, sending, shutdown).await?;
        for (name, reason) in &left {
            note(&format!("sink {name} {reason}"));
        }
        return Ok(if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let (names, store) = (names.join(", "), shown(&args.store.database_url));
    let service = Service::open(&args.store, clock, sending).await?;
    note(&format!("deltabook delivers to {names}, store {store}"));
    service.relay(shutdown).await;
    note("deltabook stopped");
    Ok(ExitCode::SUCCESS)
}
