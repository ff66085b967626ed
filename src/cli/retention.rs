//! `deltabook retention`: retention metrics.

use std::process::ExitCode;

use clap::Args;
use deltabook::grpc::v1;
use serde_json::Value;

use crate::cli::shared::months::MonthRangeArgs;
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{
    LevelArg, OutputFormat, Records, Target, ViewArgs, amount_cell, currency_option, optional_amount_cell,
    status_error, text, value,
};

/// Show retention: NRR, GRR, logo churn, quick ratio, renewal rate, ARPA and customers
#[derive(Debug, Args)]
#[command(after_help = "\
One row per month, and one for the whole range. In terms of the columns of `deltabook waterfall`:
  NRR = (opening + upsell + downsell + churn) / opening
  GRR = (opening + downsell + churn) / opening, at most 1
  quick ratio = (new + reactivation + upsell) / -(downsell + churn)
  renewal rate = renewed MRR / (renewed MRR + MRR that ended without renewal), of contracts
  logo churn = customers at the start that are inactive at the end / customers at the start
  ARPA = closing / customers at the end
A cell is empty if its denominator is 0. docs/retention.md explains the definitions.

Examples:
  deltabook retention --year 2026
  deltabook retention --from 2025-07 --to 2026-06 --currency USD --level contract
  deltabook retention --year 2026 --format csv > retention.csv")]
pub struct RetentionArgs {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    /// Level of the movements
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

    #[command(flatten)]
    months: MonthRangeArgs,

    /// Only this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    #[command(flatten)]
    view: ViewArgs,
}

pub async fn run(args: RetentionArgs) -> anyhow::Result<ExitCode> {
    let (from_month, to_month) = args.months.to_wire()?;
    let request = v1::GetRetentionRequest {
        level: args.level.to_wire(),
        from_month,
        to_month,
        currency: args.currency.clone().unwrap_or_default(),
        view: args.view.view(),
        as_known_at: args.view.as_known_at(),
    };
    let found = args.target.movements().await?.get_retention(request).await.map_err(status_error)?.into_inner();
    records(&found).write(args.format, table)?;
    Ok(ExitCode::SUCCESS)
}

/// One record per currency and month, then one for the whole range.
fn records(found: &v1::GetRetentionResponse) -> Records<17> {
    let rows = found
        .retentions
        .iter()
        .flat_map(|it| it.periods.iter().chain(&it.span).map(|period| row(&it.currency, period)));
    Records {
        names: [
            "currency",
            "start",
            "end",
            "opening",
            "closing",
            "net_revenue_retention",
            "gross_revenue_retention",
            "logo_churn",
            "quick_ratio",
            "renewal_rate",
            "renewed_mrr",
            "lapsed_mrr",
            "arpa",
            "customers_at_start_count",
            "customers_new_count",
            "customers_churned_count",
            "customers_at_end_count",
        ],
        rows: rows.collect(),
    }
}

fn row(currency: &str, it: &v1::RetentionPeriod) -> [Value; 17] {
    [
        value(currency),
        value(&it.start),
        value(&it.end),
        value(&it.opening),
        value(&it.closing),
        value(&it.net_revenue_retention),
        value(&it.gross_revenue_retention),
        value(&it.logo_churn),
        value(&it.quick_ratio),
        value(&it.renewal_rate),
        value(&it.renewed_mrr),
        value(&it.lapsed_mrr),
        value(&it.arpa),
        it.customers_at_start.into(),
        it.customers_new.into(),
        it.customers_churned.into(),
        it.customers_at_end.into(),
    ]
}

fn table(records: &Records<17>) -> anyhow::Result<Table> {
    let mut table = Table::new([
        left("start"),
        left("end"),
        left("currency"),
        right("opening"),
        right("NRR"),
        right("GRR"),
        right("logo churn"),
        right("quick ratio"),
        right("renewal rate"),
        right("ARPA"),
        right("customers"),
        right("new"),
        right("churned"),
        right("at end"),
    ]);
    for row in &records.rows {
        let [currency, start, end, opening, _, nrr, grr, logo_churn, quick, renewal, _, _, arpa, counts @ ..] = row;
        let mut cells = vec![text(start), text(end), text(currency), amount_cell(opening)?];
        cells.extend([nrr, grr, logo_churn, quick, renewal].map(text));
        cells.push(optional_amount_cell(arpa)?);
        cells.extend(counts.iter().map(text));
        table.row(cells);
    }
    Ok(table)
}
