//! `deltabook mrr`: MRR and ARR at a date.

use std::process::ExitCode;

use clap::Args;
use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use serde_json::Value;

use super::ask::{
    Answer, AnswerFormat, LevelArg, ViewArgs, Whom, currency_option, date_option, id_option, text, told, value,
};
use super::conversion::{ConversionArgs, GroupArgs, group_name};
use super::table::{Table, amount, left, right};

/// Show MRR and ARR at the end of a date
#[derive(Debug, Args)]
#[command(after_help = "\
ARR = 12 × MRR. A date to come counts what is known to come by then: steps, starts, ends.

Examples:
  deltabook mrr
  deltabook mrr --date 2026-06-30 --customer acme
  deltabook mrr --date 2026-03-31 --restated
  deltabook mrr --date 2026-03-31 --in EUR --rates ECB
  deltabook mrr --group-by customer.region
  deltabook mrr --date 2026-03-31 --as-known-at 2026-04-05T00:00:00Z")]
pub struct MrrArgs {
    #[command(flatten)]
    whom: Whom,

    #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
    format: AnswerFormat,

    /// The date, YYYY-MM-DD (default: today, or the date of --as-known-at)
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    date: Option<String>,

    /// From which level's movements; the sums are equal
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

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
}

pub async fn run(args: MrrArgs) -> anyhow::Result<ExitCode> {
    let request = v1::GetMrrRequest {
        date: args.date.clone().unwrap_or_default(),
        level: args.level.to_wire(),
        currency: args.currency.clone().unwrap_or_default(),
        customer_id: args.customer.clone().unwrap_or_default(),
        view: args.view.view(),
        as_known_at: args.view.as_known_at(),
        conversion: args.conversion.to_wire(),
        group_by: args.groups.to_wire(),
    };
    let found = args.whom.connect().await?.get_mrr(request).await.map_err(told)?;
    let has_groups = args.groups.is_given();
    let row = |it: &v1::CurrencyMrr| {
        let rest = if it.rest { Value::Bool(true) } else { Value::Null };
        let group = if has_groups && !it.rest { Value::String(it.group.clone()) } else { Value::Null };
        [value(&found.date), value(&it.currency), value(&it.mrr), value(&it.arr), group, rest]
    };
    let rows = found.totals.iter().map(row).collect();
    let answer = Answer { names: ["date", "currency", "mrr", "arr", "group", "rest"], rows };
    answer.write(args.format, |answer| table(answer, has_groups))?;
    Ok(ExitCode::SUCCESS)
}

fn table(answer: &Answer<6>, has_groups: bool) -> Table {
    let mut columns = vec![left("date"), left("currency")];
    if has_groups {
        columns.push(left("group"));
    }
    columns.extend([right("MRR"), right("ARR")]);
    let mut table = Table::new(columns);
    let money = |value: &Value| amount(Money::parse(&text(value)).unwrap_or_default());
    for [date, currency, mrr, arr, group, rest] in &answer.rows {
        let mut cells = vec![text(date), text(currency)];
        if has_groups {
            cells.push(group_name(&text(group), !rest.is_null()));
        }
        cells.extend([money(mrr), money(arr)]);
        table.row(cells);
    }
    table
}
