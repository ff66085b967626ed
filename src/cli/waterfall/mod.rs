//! `deltabook waterfall`: the MRR waterfall by day, month, quarter or year.

pub(crate) mod chart;
pub(crate) mod output;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Args;
use deltabook::grpc::v1;

use crate::cli::shared::conversion::{ConversionArgs, GroupArgs};
use crate::cli::shared::months::{GranularityArg, RangeArgs, WireRange};
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::target::{LevelArg, OutputFormat, Target, ViewArgs, currency_option, id_option, status_error};
use crate::cli::waterfall::chart::draw;
use crate::cli::waterfall::output::{TableLayout, by_subcategory, records, subcategory_table, table};

/// Show the MRR waterfall, opening to closing, by day, month, quarter or year
#[derive(Debug, Args)]
#[command(after_help = "\
In every period and at both levels: opening + new + reactivation + upsell + downsell + churn + ignored = closing. A converted
waterfall has the additional column `currency effect`: the change caused by exchange rates.
A change of a closed month is posted in the first open month; the column `adjustments` is the part of the other columns that
comes from such changes.

Examples:
  deltabook waterfall --year 2026
  deltabook waterfall --from 2026-01 --to 2026-03 --chart
  deltabook waterfall --level contract --from 2025-07 --to 2026-06 --currency USD
  deltabook waterfall --from 2025-01 --to 2026-12 --by quarter
  deltabook waterfall --from 2026-06-15 --to 2026-06-30 --by day
  deltabook waterfall --year 2026 --in EUR --rates ECB
  deltabook waterfall --year 2026 --in EUR --rates ECB --rate-date 2026-01-01
  deltabook waterfall --year 2026 --by year --group-by item
  deltabook waterfall --year 2026 --by year --group-by customer.region --max-groups 10
  deltabook waterfall --year 2026 --restated
  deltabook waterfall --year 2026 --as-known-at 2026-07-05T00:00:00Z
  deltabook waterfall --year 2026 --format csv > waterfall.csv")]
pub struct WaterfallArgs {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    /// Level of the movements
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

    #[command(flatten)]
    range: RangeArgs,

    /// Length of a period; months, quarters and years are whole ones
    #[arg(long, value_enum, value_name = "PERIOD", default_value_t = GranularityArg::Month)]
    by: GranularityArg,

    /// Only this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Only this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    #[command(flatten)]
    view: ViewArgs,

    #[command(flatten)]
    conversion: ConversionArgs,

    #[command(flatten)]
    groups: GroupArgs,

    /// Draw a chart, coloured on a terminal
    #[arg(long, conflicts_with = "format")]
    chart: bool,
}

pub async fn run(args: WaterfallArgs) -> anyhow::Result<ExitCode> {
    let WireRange { months: (from_month, to_month), dates: (from_date, to_date) } = args.range.to_wire()?;
    let request = v1::GetWaterfallRequest {
        level: args.level.to_wire(),
        from_month,
        to_month,
        currency: args.currency.clone().unwrap_or_default(),
        customer_id: args.customer.clone().unwrap_or_default(),
        view: args.view.view(),
        as_known_at: args.view.as_known_at(),
        granularity: args.by.to_wire(),
        from_date,
        to_date,
        conversion: args.conversion.to_wire(),
        group_by: args.groups.to_wire(),
    };
    let found = args.target.movements().await?.get_waterfall(request).await.map_err(status_error)?.into_inner();
    if args.chart && !found.waterfalls.is_empty() {
        let chart = draw(&found, args.by, args.groups.is_by_group(), io::stdout().is_terminal())?;
        to_stdout(|out| out.write_all(chart.as_bytes()))?;
    } else if args.groups.is_by_subcategory() {
        by_subcategory(&found).write(args.format, |records| subcategory_table(records, args.by))?;
    } else {
        let layout = TableLayout { by: args.by, has_groups: args.groups.is_by_group() };
        records(&found, layout.has_groups).write(args.format, |records| table(records, layout))?;
    }
    Ok(ExitCode::SUCCESS)
}
