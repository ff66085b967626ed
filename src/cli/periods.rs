//! `deltabook periods`: closing months.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use deltabook::codec::month::Month;
use deltabook::grpc::v1;
use serde_json::Value;

use crate::cli::deliveries::output::instant as instant_at;
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::table::{Table, left};
use crate::cli::shared::target::{Answer, AnswerFormat, Whom, month_option, text, told, value, word};

/// Close months, so that their totals never change
#[derive(Debug, Args)]
#[command(after_help = "\
What changes of a closed month is posted in the first open one, as a prior-period adjustment; `waterfall --restated` shows
it in its own.

Examples:
  deltabook periods list
  deltabook periods close 2026-01
  deltabook periods reopen 2026-01 --reason 'an invoice was missing'")]
pub struct PeriodsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the months that were ever closed
    List {
        #[command(flatten)]
        whom: Whom,

        #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
        format: AnswerFormat,

        /// Every closing and reopening, in their order
        #[arg(long)]
        history: bool,
    },
    /// Close the next month: the first is that of the first movement, then one after the other
    Close {
        #[command(flatten)]
        whom: Whom,

        /// The month, YYYY-MM
        #[arg(value_parser = month_option)]
        month: Month,

        /// A remark for the audit trail
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Open the month that was closed last
    Reopen {
        #[command(flatten)]
        whom: Whom,

        /// The month, YYYY-MM
        #[arg(value_parser = month_option)]
        month: Month,

        /// Why
        #[arg(long)]
        reason: String,
    },
}

pub async fn run(args: PeriodsArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::List { whom, format, history } => {
            let request = v1::ListPeriodsRequest { with_history: history };
            let found = whom.finance().await?.list_periods(request).await.map_err(told)?.into_inner();
            answer(&found.periods).write(format, table)?;
        }
        What::Close { whom, month, reason } => {
            let request = v1::ClosePeriodRequest { month: month.to_string(), reason, request_id: String::new() };
            let period = whom
                .finance()
                .await?
                .close_period(request)
                .await
                .map_err(told)?
                .into_inner()
                .period
                .unwrap_or_default();
            to_stdout(|out| writeln!(out, "{} is closed, digest {}", period.month, period.digest))?;
        }
        What::Reopen { whom, month, reason } => {
            let request = v1::ReopenPeriodRequest { month: month.to_string(), reason, request_id: String::new() };
            let period = whom
                .finance()
                .await?
                .reopen_period(request)
                .await
                .map_err(told)?
                .into_inner()
                .period
                .unwrap_or_default();
            to_stdout(|out| writeln!(out, "{} is open again", period.month))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The months with every field, named as in the contract.
fn answer(periods: &[v1::Period]) -> Answer<6> {
    let row = |it: &v1::Period| {
        [
            value(&it.month),
            value(word(it.state().as_str_name(), "PERIOD_STATE_")),
            value(&it.digest),
            instant_at(it.recorded_at.as_ref()),
            value(&it.actor),
            value(&it.reason),
        ]
    };
    let names = ["month", "state", "digest", "recorded_at", "actor", "reason"];
    Answer { names, rows: periods.iter().map(row).collect() }
}

fn table(answer: &Answer<6>) -> Table {
    let mut table =
        Table::new([left("month"), left("state"), left("since"), left("by"), left("because"), left("digest")]);
    for [month, state, digest, at, actor, reason] in &answer.rows {
        let cells: [&Value; 6] = [month, state, at, actor, reason, digest];
        table.row(cells.map(text));
    }
    table
}
