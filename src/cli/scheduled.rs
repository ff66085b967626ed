//! `deltabook scheduled`: what is known to come.

use std::process::ExitCode;

use clap::Args;
use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use serde_json::Value;

use crate::cli::movements::answer;
use crate::cli::shared::table::{Table, amount, change, left, right};
use crate::cli::shared::target::{
    Answer, AnswerFormat, LevelArg, Whom, currency_option, date_option, id_option, text, told,
};

/// List what is already known to come: starts, price steps, orders, and terms that end without renewal
#[derive(Debug, Args)]
#[command(after_help = "\
By date, from tomorrow on. What is provisional may yet be renewed.

Examples:
  deltabook scheduled
  deltabook scheduled --until 2026-12-31 --level contract
  deltabook scheduled --format csv > coming.csv")]
pub struct ScheduledArgs {
    #[command(flatten)]
    whom: Whom,

    #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
    format: AnswerFormat,

    /// Effective on this date (YYYY-MM-DD) or earlier
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    until: Option<String>,

    /// Whose MRR
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

    /// Only in this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Only of this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,
}

pub async fn run(args: ScheduledArgs) -> anyhow::Result<ExitCode> {
    let mut questions = args.whom.movements().await?;
    let mut request = v1::ListScheduledMovementsRequest {
        until: args.until.clone().unwrap_or_default(),
        level: args.level.to_wire(),
        currency: args.currency.clone().unwrap_or_default(),
        customer_id: args.customer.clone().unwrap_or_default(),
        page_size: 1_000,
        page_token: String::new(),
    };
    let mut movements = Vec::new();
    loop {
        let page = questions.list_scheduled_movements(request.clone()).await.map_err(told)?.into_inner();
        movements.extend(page.movements);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    answer(&movements).write(args.format, table)?;
    Ok(ExitCode::SUCCESS)
}

fn table(answer: &Answer<24>) -> Table {
    let mut table = Table::new([
        left("date"),
        left("customer"),
        left("subcategory"),
        left("item"),
        right("change"),
        right("MRR after"),
        left("currency"),
        left("by"),
        left("provisional until"),
    ]);
    let money = |value: &Value| Money::parse(&text(value)).unwrap_or_default();
    for row in &answer.rows {
        let [_, _, customer, date, _, currency, item, _, _, _, subcategory, delta, _, after, ..] = row;
        let [.., causes, _, provisional, _, _] = row;
        table.row([
            text(date),
            text(customer),
            text(subcategory),
            text(item),
            change(money(delta)),
            amount(money(after)),
            text(currency),
            text(causes),
            text(provisional),
        ]);
    }
    table
}
