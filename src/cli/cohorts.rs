//! `deltabook cohorts`: cohort retention.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use deltabook::grpc::v1;
use serde_json::Value;

use crate::cli::shared::months::{CohortPeriodArg, MonthRangeArgs};
use crate::cli::shared::table::{Table, left, numbered, right};
use crate::cli::shared::target::{
    OutputFormat, Records, Target, ViewArgs, amount_cell, currency_option, status_error, text, value,
};

/// Show cohort retention: the customers of each month, quarter or year over time
#[derive(Debug, Args)]
#[command(after_help = "\
One row per cohort: the value at the end of its first period, and the ratio to that value at the end of each later period.

Examples:
  deltabook cohorts --year 2026
  deltabook cohorts --from 2024-01 --to 2026-12 --by quarter --measure customers
  deltabook cohorts --year 2026 --format csv > cohorts.csv")]
pub struct CohortsArgs {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    #[command(flatten)]
    months: MonthRangeArgs,

    /// Length of a period
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = CohortPeriodArg::Month)]
    by: CohortPeriodArg,

    /// Measure
    #[arg(long, value_enum, default_value_t = Measure::Mrr)]
    measure: Measure,

    /// Only this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    #[command(flatten)]
    view: ViewArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// MRR of the cohort
    Mrr,
    /// Number of active customers of the cohort
    Customers,
}

pub async fn run(args: CohortsArgs) -> anyhow::Result<ExitCode> {
    let (from_month, to_month) = args.months.to_wire()?;
    let measure = match args.measure {
        Measure::Mrr => v1::CohortMeasure::Mrr,
        Measure::Customers => v1::CohortMeasure::Customers,
    };
    let request = v1::GetCohortsRequest {
        granularity: args.by.to_wire(),
        measure: measure.into(),
        from_month,
        to_month,
        currency: args.currency.clone().unwrap_or_default(),
        view: args.view.view(),
        as_known_at: args.view.as_known_at(),
    };
    let found = args.target.movements().await?.get_cohorts(request).await.map_err(status_error)?.into_inner();
    records(&found).write(args.format, |records| table(records, args.measure))?;
    Ok(ExitCode::SUCCESS)
}

/// One row per cell.
fn records(found: &v1::GetCohortsResponse) -> Records<6> {
    let mut rows = Vec::new();
    for triangle in &found.triangles {
        for cohort in &triangle.cohorts {
            for (number, cell) in cohort.cells.iter().enumerate() {
                rows.push([
                    value(&triangle.currency),
                    value(&cohort.start),
                    value(&cohort.end),
                    value(number.to_string()),
                    value(&cell.value),
                    value(&cell.retention),
                ]);
            }
        }
    }
    Records { names: ["currency", "start", "end", "period", "value", "retention"], rows }
}

/// One row per cohort.
fn table(records: &Records<6>, measure: Measure) -> anyhow::Result<Table> {
    let cohorts: Vec<&[[Value; 6]]> =
        records.rows.chunk_by(|a, b| a.iter().zip(b).take(2).all(|(a, b)| a == b)).collect();
    let most = cohorts.iter().map(|cells| cells.len()).max().unwrap_or_default();
    let first = match measure {
        Measure::Mrr => "MRR",
        Measure::Customers => "customers",
    };
    let mut columns = vec![left("cohort start"), left("cohort end"), left("currency"), right(first)];
    columns.extend((1..most).map(numbered));
    let mut table = Table::new(columns);
    for cells in cohorts {
        let Some(([currency, start, end, _, of_first, _], later)) = cells.split_first() else { continue };
        let of_first = if measure == Measure::Mrr { amount_cell(of_first)? } else { text(of_first) };
        let mut row = vec![text(start), text(end), text(currency), of_first];
        row.extend(later.iter().map(|[.., retention]| text(retention)));
        row.resize(most.saturating_add(3), String::new());
        table.row(row);
    }
    Ok(table)
}
