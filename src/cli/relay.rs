//! `deltabook relay`: delivers events, beside the service or without it.

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

/// Deliver events to the sinks of a configuration, until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "\
`serve` delivers events too, when it has a configuration. Several may run on one store: each sink is served by one of
them at a time.

Examples:
  deltabook relay --config deltabook.toml
  deltabook relay --config deltabook.toml --drain    deliver what is due, and end")]
pub struct RelayArgs {
    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    config: ConfigOptions,

    /// Deliver what is due, as far as the sinks take it, and end; exit code 1 if not everything was taken
    #[arg(long)]
    drain: bool,
}

pub async fn run(args: RelayArgs) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let config = args.config.read()?;
    if config.sinks.is_empty() {
        bail!("there are no sinks: name a configuration that has some with --config");
    }
    let shutdown = stop_signal()?;
    let retention = config.retention;
    let sinks = config.open_sinks(&clock).await?;
    let names: Vec<String> = sinks.iter().map(|sink| sink.name.clone()).collect();
    let sending = Sending { sinks, retention };
    // Whoever only delivers has nothing to do with a store that is not there.
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
    note("deltabook has ended");
    Ok(ExitCode::SUCCESS)
}
