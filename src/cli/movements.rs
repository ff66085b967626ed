//! `deltabook movements`: lists the journal.

use std::process::ExitCode;

use clap::Args;
use deltabook::domain::money::Money;
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;
use serde_json::Value;

use crate::cli::shared::movement_filter::FilterArgs;
use crate::cli::shared::table::{Table, amount, change, left, right};
use crate::cli::shared::target::{OutputFormat, Records, Target, cause_words, level_word, status_error, text, value};

/// List movements of the journal, latest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook movements --customer acme
  deltabook movements --level customer --category churn --from 2026-01-01 --to 2026-03-31
  deltabook movements --adjustments --posted-from 2026-04-01
  deltabook movements --filter 'mrr_delta < -1000 AND causes.kind:CHANGE_ORDER'
  deltabook movements --all --format csv > journal.csv
  deltabook movements --server http://127.0.0.1:50051 --limit 20")]
pub struct MovementsArgs {
    #[command(flatten)]
    target: Target,

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    #[command(flatten)]
    filter: FilterArgs,

    /// Order by effective date [default: order of recording]
    #[arg(long)]
    by_date: bool,

    /// Order by posting date
    #[arg(long, conflicts_with = "by_date")]
    by_posting_date: bool,

    /// Maximum number of movements
    #[arg(long, default_value_t = 50, value_name = "COUNT", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// List all movements, earliest first
    #[arg(long)]
    all: bool,
}

/// Page size of requests.
const PAGE: i32 = 1_000;

pub async fn run(args: MovementsArgs) -> anyhow::Result<ExitCode> {
    let mut questions = args.target.movements().await?;
    let mut request = v1::ListMovementsRequest {
        filter: Some(args.filter.to_wire()),
        order_by: order(&args).into(),
        page_size: i32::try_from(args.limit).unwrap_or(PAGE).min(PAGE),
        page_token: String::new(),
        filter_expression: args.filter.expression(),
    };
    if args.all {
        request.page_size = PAGE;
    }
    let wanted = if args.all { usize::MAX } else { usize::try_from(args.limit)? };
    let mut movements = Vec::new();
    while movements.len() < wanted {
        let page = questions.list_movements(request.clone()).await.map_err(status_error)?.into_inner();
        movements.extend(page.movements);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    movements.truncate(wanted);
    records(&movements).write(args.format, table)?;
    Ok(ExitCode::SUCCESS)
}

fn order(args: &MovementsArgs) -> v1::MovementOrder {
    let (earliest_first, latest_first) = if args.by_date {
        (v1::MovementOrder::EffectiveDate, v1::MovementOrder::EffectiveDateDesc)
    } else if args.by_posting_date {
        (v1::MovementOrder::PostingDate, v1::MovementOrder::PostingDateDesc)
    } else {
        (v1::MovementOrder::Journal, v1::MovementOrder::JournalDesc)
    };
    if args.all { earliest_first } else { latest_first }
}

/// All fields of the movements, named as in the contract.
pub fn records(movements: &[v1::Movement]) -> Records<24> {
    Records {
        names: [
            "movement_id",
            "level",
            "customer_id",
            "effective_date",
            "posting_date",
            "currency",
            "item_id",
            "subscription_id",
            "line_id",
            "category",
            "subcategory",
            "mrr_delta",
            "mrr_before",
            "mrr_after",
            "quantity_before",
            "quantity_after",
            "quantity_effect",
            "price_effect",
            "renewed_mrr",
            "causes",
            "rules",
            "provisional_until",
            "reverses_movement_id",
            "prior_period_adjustment",
        ],
        rows: movements.iter().map(row).collect(),
    }
}

fn row(it: &v1::Movement) -> [Value; 24] {
    let causes: Vec<Value> = it.causes.iter().map(|cause| cause_words(cause).into()).collect();
    let rules: Vec<Value> = it.rules.iter().map(|rule| format!("R{rule}").into()).collect();
    [
        value(&it.movement_id),
        value(level_word(it.level())),
        value(&it.customer_id),
        value(&it.effective_date),
        value(&it.posting_date),
        value(&it.currency),
        value(&it.item_id),
        value(&it.subscription_id),
        value(&it.line_id),
        value(it.category().short_name()),
        value(it.subcategory().short_name()),
        value(&it.mrr_delta),
        value(&it.mrr_before),
        value(&it.mrr_after),
        value(&it.quantity_before),
        value(&it.quantity_after),
        value(&it.quantity_effect),
        value(&it.price_effect),
        value(&it.renewed_mrr),
        causes.into(),
        rules.into(),
        value(&it.provisional_until),
        value(&it.reverses_movement_id),
        if it.prior_period_adjustment { true.into() } else { Value::Null },
    ]
}

/// The table.
pub fn table(records: &Records<24>) -> Table {
    let mut table = Table::new([
        right("id"),
        left("date"),
        left("customer"),
        left("level"),
        left("category"),
        left("subcategory"),
        left("item"),
        right("MRR before"),
        right("MRR change"),
        right("MRR after"),
        left("currency"),
        left("cause"),
    ]);
    for row in &records.rows {
        let [id, level, customer, date, posted, currency, item, _, _, category, subcategory, delta, before, after, ..] =
            row;
        let [.., renewed, causes, _, _, reverses, is_adjustment] = row;
        let money = |value: &Value| Money::parse(&text(value)).unwrap_or_default();
        let by = match (reverses, renewed) {
            (Value::Null, Value::Null) => text(causes),
            (Value::Null, renewed) => format!("{}: {} renewed", text(causes), amount(money(renewed))),
            (reversed, _) => format!("reversal of {}", text(reversed)),
        };
        let by = if is_adjustment.is_null() { by } else { format!("{by} (posted {})", text(posted)) };
        table.row([
            text(id),
            text(date),
            text(customer),
            text(level),
            text(category),
            text(subcategory),
            text(item),
            amount(money(before)),
            change(money(delta)),
            amount(money(after)),
            text(currency),
            by,
        ]);
    }
    table
}
