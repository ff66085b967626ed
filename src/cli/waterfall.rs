//! `deltabook waterfall`: from opening to closing MRR, by month, quarter or year.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Args;
use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use serde_json::Value;

use super::ask::{Answer, AnswerFormat, LevelArg, ViewArgs, Whom, currency_option, id_option, text, told, value};
use super::chart::draw;
use super::months::{MonthArgs, PeriodArg};
use super::output::to_stdout;
use super::table::{Table, amount, left, right};

/// Show how MRR came from its opening to its closing, by month, quarter or year
#[derive(Debug, Args)]
#[command(after_help = "\
opening + new + reactivation + upsell + downsell + churn + ignored = closing, in every month and at both levels.
What changed of a month after it was closed is in the month that was open then; `adjustments` says how much of the
columns that is.

Examples:
  deltabook waterfall --year 2026
  deltabook waterfall --from 2026-01 --to 2026-03 --chart
  deltabook waterfall --level contract --from 2025-07 --to 2026-06 --currency USD
  deltabook waterfall --from 2025-01 --to 2026-12 --by quarter
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
    months: MonthArgs,

    /// How long a period is; a quarter or year is taken whole
    #[arg(long, value_enum, default_value_t = PeriodArg::Month)]
    by: PeriodArg,

    /// Only in this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Only of this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    #[command(flatten)]
    view: ViewArgs,

    /// Draw it; in colour on a terminal
    #[arg(long, conflicts_with = "format")]
    chart: bool,
}

pub async fn run(args: WaterfallArgs) -> anyhow::Result<ExitCode> {
    let (from_month, to_month) = args.months.to_wire()?;
    let request = v1::GetWaterfallRequest {
        level: args.level.to_wire(),
        from_month,
        to_month,
        currency: args.currency.clone().unwrap_or_default(),
        customer_id: args.customer.clone().unwrap_or_default(),
        view: args.view.view(),
        as_known_at: args.view.as_known_at(),
        granularity: args.by.to_wire(),
    };
    let found = args.whom.connect().await?.get_waterfall(request).await.map_err(told)?;
    if args.chart && !found.waterfalls.is_empty() {
        let chart = draw(&found, io::stdout().is_terminal())?;
        to_stdout(|out| out.write_all(chart.as_bytes()))?;
        return Ok(ExitCode::SUCCESS);
    }
    answer(&found).write(args.format, |answer| table(answer, args.by))?;
    Ok(ExitCode::SUCCESS)
}

/// The periods of every currency.
pub fn answer(found: &v1::GetWaterfallResponse) -> Answer<17> {
    let rows = found.waterfalls.iter().flat_map(|it| it.periods.iter().map(|period| row(&it.currency, period)));
    Answer {
        names: [
            "currency",
            "start",
            "end",
            "opening",
            "new",
            "reactivation",
            "upsell",
            "downsell",
            "churn",
            "ignored",
            "closing",
            "new_count",
            "reactivation_count",
            "upsell_count",
            "downsell_count",
            "churn_count",
            "adjustments",
        ],
        rows: rows.collect(),
    }
}

fn row(currency: &str, it: &v1::WaterfallPeriod) -> [Value; 17] {
    let counts = it.counts.unwrap_or_default();
    [
        value(currency),
        value(&it.start),
        value(&it.end),
        value(&it.opening),
        value(&it.new),
        value(&it.reactivation),
        value(&it.upsell),
        value(&it.downsell),
        value(&it.churn),
        value(&it.ignored),
        value(&it.closing),
        counts.new.into(),
        counts.reactivation.into(),
        counts.upsell.into(),
        counts.downsell.into(),
        counts.churn.into(),
        value(it.adjustments.as_ref().map(|it| it.amount.as_str()).unwrap_or_default()),
    ]
}

/// Amounts by month; a column without any amount in it is shown all the same, so that the sum can be read. Adjustments
/// are in the columns already: they are shown only where there are any.
pub fn table(answer: &Answer<17>, by: PeriodArg) -> Table {
    let has_adjustments = answer.rows.iter().any(|[.., adjustments]| !adjustments.is_null());
    let mut columns = vec![
        left(by.heading()),
        left("currency"),
        right("opening"),
        right("new"),
        right("reactivation"),
        right("upsell"),
        right("downsell"),
        right("churn"),
        right("ignored"),
        right("closing"),
    ];
    if has_adjustments {
        columns.push(right("adjustments"));
    }
    let mut table = Table::new(columns);
    for row in &answer.rows {
        let [currency, start, _, opening, new, reactivation, upsell, downsell, churn, ignored, closing, ..] = row;
        let [.., adjustments] = row;
        let money = |value: &Value| amount(Money::parse(&text(value)).unwrap_or_default());
        let mut cells = vec![text(start).chars().take(7).collect(), text(currency)];
        let amounts = [opening, new, reactivation, upsell, downsell, churn, ignored, closing];
        cells.extend(amounts.into_iter().map(money));
        if has_adjustments {
            cells.push(if adjustments.is_null() { String::new() } else { money(adjustments) });
        }
        table.row(cells);
    }
    table
}
