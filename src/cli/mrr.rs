//! `deltabook mrr`: MRR and ARR on a date.

use std::process::ExitCode;

use clap::Args;
use deltabook::grpc::v1;
use serde_json::Value;

use crate::cli::shared::conversion::{ConversionArgs, GroupArgs, group_name};
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{
    LevelArg, OutputFormat, Records, Target, ViewArgs, amount_cell, currency_option, date_option, id_option,
    status_error, text, value,
};

/// Show MRR and ARR at the end of a date
#[derive(Debug, Args)]
#[command(after_help = "\
ARR = 12 × MRR. For a future date, scheduled movements up to it are included.

Examples:
  deltabook mrr
  deltabook mrr --date 2026-06-30 --customer acme
  deltabook mrr --date 2026-03-31 --restated
  deltabook mrr --date 2026-03-31 --in EUR --rates ECB
  deltabook mrr --group-by customer.region
  deltabook mrr --date 2026-03-31 --as-known-at 2026-04-05T00:00:00Z")]
pub struct MrrArgs {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    /// Date, YYYY-MM-DD [default: today, or the date of --as-known-at]
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    date: Option<String>,

    /// Level of the movements; both levels have equal sums
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

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
    let found = args.target.movements().await?.get_mrr(request).await.map_err(status_error)?.into_inner();
    if args.groups.is_given() {
        by_group(&found).write(args.format, group_table)?;
    } else {
        records(&found).write(args.format, table)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn records(found: &v1::GetMrrResponse) -> Records<4> {
    let row = |it: &v1::CurrencyMrr| [value(&found.date), value(&it.currency), value(&it.mrr), value(&it.arr)];
    Records { names: ["date", "currency", "mrr", "arr"], rows: found.totals.iter().map(row).collect() }
}

fn table(records: &Records<4>) -> anyhow::Result<Table> {
    let mut table = Table::new([left("date"), left("currency"), right("MRR"), right("ARR")]);
    for [date, currency, mrr, arr] in &records.rows {
        table.row([text(date), text(currency), amount_cell(mrr)?, amount_cell(arr)?]);
    }
    Ok(table)
}

fn by_group(found: &v1::GetMrrResponse) -> Records<6> {
    let row = |it: &v1::CurrencyMrr| {
        // An empty value is a group of its own.
        let (group, rest) =
            if it.rest { (Value::Null, Value::Bool(true)) } else { (Value::String(it.group.clone()), Value::Null) };
        [value(&found.date), value(&it.currency), value(&it.mrr), value(&it.arr), group, rest]
    };
    let rows = found.totals.iter().map(row).collect();
    Records { names: ["date", "currency", "mrr", "arr", "group", "rest"], rows }
}

fn group_table(records: &Records<6>) -> anyhow::Result<Table> {
    let mut table = Table::new([left("date"), left("currency"), left("group"), right("MRR"), right("ARR")]);
    for [date, currency, mrr, arr, group, rest] in &records.rows {
        let group = group_name(&text(group), !rest.is_null());
        table.row([text(date), text(currency), group, amount_cell(mrr)?, amount_cell(arr)?]);
    }
    Ok(table)
}
