//! `deltabook periods`: closes, reopens and lists months.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::codec::month::Month;
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;
use serde_json::Value;

use crate::cli::deliveries::output::instant as instant_at;
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::table::{Table, left};
use crate::cli::shared::target::{OutputFormat, Records, Target, month_option, status_error, text, value};

/// Close, reopen and list months
#[derive(Debug, Args)]
#[command(after_help = "\
The totals of a closed month never change. A later change is posted in the first open month, as a prior-period adjustment;
`waterfall --restated` shows it in its effective month.

Examples:
  deltabook periods list
  deltabook periods close 2026-01
  deltabook periods reopen 2026-01 --reason 'an invoice was missing'")]
pub struct PeriodsArgs {
    #[command(subcommand)]
    command: PeriodsCommand,
}

#[derive(Debug, Subcommand)]
enum PeriodsCommand {
    /// List closed and reopened months
    List {
        #[command(flatten)]
        target: Target,

        /// Output format

        #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
        format: OutputFormat,

        /// List every closing and reopening, in order
        #[arg(long)]
        history: bool,
    },
    /// Close the next open month, starting with the month of the first movement
    Close {
        #[command(flatten)]
        target: Target,

        /// Month, YYYY-MM
        #[arg(value_parser = month_option)]
        month: Month,

        /// Note for the audit trail
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Reopen the month that was closed last
    Reopen {
        #[command(flatten)]
        target: Target,

        /// Month, YYYY-MM
        #[arg(value_parser = month_option)]
        month: Month,

        /// Reason, for the audit trail
        #[arg(long)]
        reason: String,
    },
}

pub async fn run(args: PeriodsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        PeriodsCommand::List { target, format, history } => {
            let request = v1::ListPeriodsRequest { with_history: history };
            let found = target.finance().await?.list_periods(request).await.map_err(status_error)?.into_inner();
            records(&found.periods).write(format, |records| Ok(table(records)))?;
        }
        PeriodsCommand::Close { target, month, reason } => {
            let request = v1::ClosePeriodRequest { month: month.to_string(), reason, request_id: String::new() };
            let period = target
                .finance()
                .await?
                .close_period(request)
                .await
                .map_err(status_error)?
                .into_inner()
                .period
                .unwrap_or_default();
            to_stdout(|out| writeln!(out, "{} is closed, digest {}", period.month, period.digest))?;
        }
        PeriodsCommand::Reopen { target, month, reason } => {
            let request = v1::ReopenPeriodRequest { month: month.to_string(), reason, request_id: String::new() };
            let period = target
                .finance()
                .await?
                .reopen_period(request)
                .await
                .map_err(status_error)?
                .into_inner()
                .period
                .unwrap_or_default();
            to_stdout(|out| writeln!(out, "{} is reopened", period.month))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All fields of the months, named as in the contract.
fn records(periods: &[v1::Period]) -> Records<6> {
    let row = |it: &v1::Period| {
        [
            value(&it.month),
            value(it.state().short_name()),
            value(&it.digest),
            instant_at(it.recorded_at.as_ref()),
            value(&it.actor),
            value(&it.reason),
        ]
    };
    let names = ["month", "state", "digest", "recorded_at", "actor", "reason"];
    Records { names, rows: periods.iter().map(row).collect() }
}

fn table(records: &Records<6>) -> Table {
    let mut table =
        Table::new([left("month"), left("state"), left("since"), left("actor"), left("reason"), left("digest")]);
    for [month, state, digest, at, actor, reason] in &records.rows {
        let cells: [&Value; 6] = [month, state, at, actor, reason, digest];
        table.row(cells.map(text));
    }
    table
}
