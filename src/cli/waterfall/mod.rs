//! `deltabook waterfall`: from opening to closing MRR, by day, month, quarter or year.

pub(crate) mod chart;
pub(crate) mod output;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Args;
use deltabook::grpc::v1;

use crate::cli::shared::conversion::{ConversionArgs, GroupArgs};
use crate::cli::shared::months::{Span, SpanArgs, StepArg};
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::target::{AnswerFormat, LevelArg, ViewArgs, Whom, currency_option, id_option, told};
use crate::cli::waterfall::chart::draw;
use crate::cli::waterfall::output::{Shown, answer, by_subcategory, subcategory_table, table};

/// Show how MRR came from its opening to its closing, by day, month, quarter or year
#[derive(Debug, Args)]
#[command(after_help = "\
opening + new + reactivation + upsell + downsell + churn + ignored = closing, in every period and at both levels; of what is
converted, what exchange rates changed is the currency effect, in a column of its own before the closing.
What changed of a month after it was closed is in the month that was open then; `adjustments` says how much of the
columns that is.

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
    whom: Whom,

    #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
    format: AnswerFormat,

    /// Whose MRR
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

    #[command(flatten)]
    span: SpanArgs,

    /// How long a period is; a month, quarter or year is taken whole
    #[arg(long, value_enum, default_value_t = StepArg::Month)]
    by: StepArg,

    /// Only in this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Only of this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    #[command(flatten)]
    view: ViewArgs,

    #[command(flatten)]
    conversion: ConversionArgs,

    #[command(flatten)]
    groups: GroupArgs,

    /// Draw it; in colour on a terminal
    #[arg(long, conflicts_with = "format")]
    chart: bool,
}

pub async fn run(args: WaterfallArgs) -> anyhow::Result<ExitCode> {
    let Span { months: (from_month, to_month), dates: (from_date, to_date) } = args.span.to_wire()?;
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
    let found = args.whom.movements().await?.get_waterfall(request).await.map_err(told)?.into_inner();
    if args.chart && !found.waterfalls.is_empty() {
        let chart = draw(&found, args.by, args.groups.is_by_group(), io::stdout().is_terminal())?;
        to_stdout(|out| out.write_all(chart.as_bytes()))?;
    } else if args.groups.is_by_subcategory() {
        by_subcategory(&found).write(args.format, |answer| subcategory_table(answer, args.by))?;
    } else {
        let shown = Shown { by: args.by, has_groups: args.groups.is_by_group() };
        answer(&found, shown.has_groups).write(args.format, |answer| table(answer, shown))?;
    }
    Ok(ExitCode::SUCCESS)
}
