//! `deltabook scheduled`: lists scheduled movements.

use std::process::ExitCode;

use clap::Args;
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;

use crate::cli::movements::{causes, records};
use crate::cli::shared::table::{Table, amount, change, left, parse_money, right};
use crate::cli::shared::target::{
    LevelArg, OutputFormat, Target, currency_option, date_option, id_option, status_error,
};

/// List scheduled movements: starts, price steps, change orders, and terms ending without renewal
#[derive(Debug, Args)]
#[command(after_help = "\
Ordered by date, from tomorrow. Provisional movements wait for a late renewal (R11).

Examples:
  deltabook scheduled
  deltabook scheduled --until 2026-12-31 --level contract
  deltabook scheduled --format csv > scheduled.csv")]
pub struct ScheduledArgs {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    /// Effective on or before this date, YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = date_option)]
    until: Option<String>,

    /// Level of the movements
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

    /// Only this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Only this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,
}

pub async fn run(args: ScheduledArgs) -> anyhow::Result<ExitCode> {
    let mut questions = args.target.movements().await?;
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
        let page = questions.list_scheduled_movements(request.clone()).await.map_err(status_error)?.into_inner();
        movements.extend(page.movements);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    records(&movements).write(args.format, |_| table(&movements))?;
    Ok(ExitCode::SUCCESS)
}

fn table(movements: &[v1::Movement]) -> anyhow::Result<Table> {
    let mut table = Table::new([
        left("date"),
        left("customer"),
        left("subcategory"),
        left("item"),
        right("MRR change"),
        right("MRR after"),
        left("currency"),
        left("cause"),
        left("provisional until"),
    ]);
    for it in movements {
        table.row([
            it.effective_date.clone(),
            it.customer_id.clone(),
            it.subcategory().short_name().to_owned(),
            it.item_id.clone(),
            change(parse_money(&it.mrr_delta)?),
            amount(parse_money(&it.mrr_after)?),
            it.currency.clone(),
            causes(it),
            it.provisional_until.clone(),
        ]);
    }
    Ok(table)
}
