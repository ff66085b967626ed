//! `deltabook mrr`: MRR and ARR at a date.

use std::process::ExitCode;

use clap::Args;
use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use serde_json::Value;

use super::ask::{
    Answer, AnswerFormat, LevelArg, ViewArgs, Whom, currency_option, date_option, id_option, text, told, value,
};
use super::table::{Table, amount, left, right};

/// Show MRR and ARR at the end of a date
#[derive(Debug, Args)]
#[command(after_help = "\
ARR = 12 × MRR. A date to come counts what is known to come by then: steps, starts, ends.

Examples:
  deltabook mrr
  deltabook mrr --date 2026-06-30 --customer acme
  deltabook mrr --date 2026-03-31 --restated
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
}

pub async fn run(args: MrrArgs) -> anyhow::Result<ExitCode> {
    let request = v1::GetMrrRequest {
        date: args.date.clone().unwrap_or_default(),
        level: args.level.to_wire(),
        currency: args.currency.clone().unwrap_or_default(),
        customer_id: args.customer.clone().unwrap_or_default(),
        view: args.view.view(),
        as_known_at: args.view.as_known_at(),
    };
    let found = args.whom.connect().await?.get_mrr(request).await.map_err(told)?;
    let rows = found.totals.iter().map(|it| [value(&found.date), value(&it.currency), value(&it.mrr), value(&it.arr)]);
    let answer = Answer { names: ["date", "currency", "mrr", "arr"], rows: rows.collect() };
    answer.write(args.format, table)?;
    Ok(ExitCode::SUCCESS)
}

fn table(answer: &Answer<4>) -> Table {
    let mut table = Table::new([left("date"), left("currency"), right("MRR"), right("ARR")]);
    let money = |value: &Value| amount(Money::parse(&text(value)).unwrap_or_default());
    for [date, currency, mrr, arr] in &answer.rows {
        table.row([text(date), text(currency), money(mrr), money(arr)]);
    }
    table
}
