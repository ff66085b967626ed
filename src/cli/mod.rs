//! The command line: one module per subcommand.
//!
//! | modules | subcommands |
//! |---|---|
//! | [`demo`], [`serve`], [`relay`], [`migrate`] | processes and the tables of a store |
//! | [`classify`], [`import`], [`verify`] | facts of files: classification, import, verification |
//! | [`movements`], [`explain`], [`scheduled`] | queries of the journal |
//! | [`waterfall`], [`mrr`], [`retention`], [`cohorts`], [`export`] | reports |
//! | [`overrides`], [`periods`], [`rates`], [`audit`] | finance |
//! | [`deliveries`], [`keys`], [`tenants`] | administration |
//! | [`shared`] | options, output and input that several subcommands share |
//!
//! Exit codes: 0 success; 1 failure, or invalid facts; 2 invalid command line (clap).

mod demo;
mod serve;
mod relay;
mod migrate;

mod classify;
mod import;
mod verify;

mod movements;
mod explain;
mod scheduled;

mod waterfall;
mod mrr;
mod retention;
mod cohorts;
mod export;

mod overrides;
mod periods;
mod rates;
mod audit;

mod deliveries;
mod keys;
mod tenants;

pub(crate) mod shared;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use deltabook::config::LogOptions;
use deltabook::telemetry;

/// Deltabook classifies subscription changes into movements of monthly recurring revenue (MRR):
/// new, upsell, downsell, churn and renewal, each with its date, its amount and the rules behind it.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    log: LogOptions,
}

const EXAMPLES: &str = "\
Examples:
  deltabook demo                                  run a tour with sample data
  deltabook serve                                 serve on 127.0.0.1:50051 with the store deltabook.db
  deltabook import facts.jsonl                    import the facts of a file into the store
  deltabook waterfall --year 2026                 show the MRR waterfall by month
  deltabook classify facts.jsonl                  classify the facts of a file without a store
  deltabook help classify                         show the options and examples of a command";

/// Exit code of clap for an invalid command line.
const USAGE: u8 = 2;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Relay(relay::RelayArgs),
    Classify(classify::ClassifyArgs),
    Import(import::ImportArgs),
    Migrate(migrate::MigrateArgs),
    Movements(movements::MovementsArgs),
    Explain(explain::ExplainArgs),
    Waterfall(waterfall::WaterfallArgs),
    Mrr(mrr::MrrArgs),
    Retention(retention::RetentionArgs),
    Cohorts(cohorts::CohortsArgs),
    Scheduled(scheduled::ScheduledArgs),
    Export(export::ExportArgs),
    Override(overrides::OverrideArgs),
    Periods(periods::PeriodsArgs),
    Audit(audit::AuditArgs),
    Rates(rates::RatesArgs),
    Deliveries(deliveries::DeliveriesArgs),
    Keys(keys::KeysArgs),
    Tenants(tenants::TenantsArgs),
    Verify(verify::VerifyArgs),
}

impl Cli {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        telemetry::start(&self.log.log);
        let Some(command) = self.command else {
            shared::output::note(&Self::command().render_help().to_string());
            return Ok(ExitCode::from(USAGE));
        };
        match command {
            Command::Demo(args) => demo::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Relay(args) => relay::run(args).await,
            // CPU-bound and blocking: runs outside the runtime's worker threads.
            Command::Classify(args) => tokio::task::spawn_blocking(move || classify::run(&args)).await?,
            Command::Import(args) => import::run(args).await,
            Command::Migrate(args) => migrate::run(args).await,
            Command::Movements(args) => movements::run(args).await,
            Command::Explain(args) => explain::run(args).await,
            Command::Waterfall(args) => waterfall::run(args).await,
            Command::Mrr(args) => mrr::run(args).await,
            Command::Retention(args) => retention::run(args).await,
            Command::Cohorts(args) => cohorts::run(args).await,
            Command::Scheduled(args) => scheduled::run(args).await,
            Command::Export(args) => export::run(args).await,
            Command::Override(args) => overrides::run(args).await,
            Command::Periods(args) => periods::run(args).await,
            Command::Audit(args) => audit::run(args).await,
            Command::Rates(args) => rates::run(args).await,
            Command::Deliveries(args) => deliveries::run(args).await,
            Command::Keys(args) => keys::run(args).await,
            Command::Tenants(args) => tenants::run(args).await,
            Command::Verify(args) => verify::run(args).await,
        }
    }
}
