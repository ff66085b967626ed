//! `deltabook movements`: lists the journal.

use std::process::ExitCode;

use clap::Args;
use deltabook::codec::tabular::entry_field::EntryField;
use deltabook::grpc::v1;
use deltabook::grpc::wire::movement::{self, FieldText};
use deltabook::grpc::wire::wire_enum::WireEnum;
use serde_json::Value;

use crate::cli::shared::movement_filter::FilterArgs;
use crate::cli::shared::table::{Table, amount, change, left, parse_money, right};
use crate::cli::shared::target::{OutputFormat, Records, Target, cause_words, level_word, status_error};

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

    /// Output format

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
    records(&movements).write(args.format, |_| table(&movements))?;
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

/// The fields of a row: all but the instant of recording.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const FIELDS: [EntryField; EntryField::ALL.len() - 1] = {
    let mut fields = [EntryField::movement_id; EntryField::ALL.len() - 1];
    let (mut from, mut to) = (0, 0);
    while from < EntryField::ALL.len() {
        if !matches!(EntryField::ALL[from], EntryField::recorded_at) {
            fields[to] = EntryField::ALL[from];
            to += 1;
        }
        from += 1;
    }
    fields
};

/// Movements with their fields, named as on the wire.
pub type MovementRecords = Records<{ FIELDS.len() }>;

pub fn records(movements: &[v1::Movement]) -> MovementRecords {
    let value = |movement: &v1::Movement, field| match movement::text(movement, field) {
        FieldText::Absent | FieldText::Flag(false) => Value::Null,
        FieldText::Text(text) => text.into(),
        FieldText::List(texts) => texts.into(),
        FieldText::Flag(true) => true.into(),
    };
    Records {
        names: FIELDS.map(EntryField::as_str),
        rows: movements.iter().map(|movement| FIELDS.map(|field| value(movement, field))).collect(),
    }
}

/// The fields that a screen has room for.
pub fn table(movements: &[v1::Movement]) -> anyhow::Result<Table> {
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
    for it in movements {
        let causes = causes(it);
        let by = match (it.reverses_movement_id.as_str(), it.renewed_mrr.as_str()) {
            ("", "") => causes,
            ("", renewed) => format!("{causes}: {} renewed", amount(parse_money(renewed)?)),
            (reversed, _) => format!("reversal of {reversed}"),
        };
        let by = if it.prior_period_adjustment { format!("{by} (posted {})", it.posting_date) } else { by };
        table.row([
            it.movement_id.clone(),
            it.effective_date.clone(),
            it.customer_id.clone(),
            level_word(it.level()).to_owned(),
            it.category().short_name().to_owned(),
            it.subcategory().short_name().to_owned(),
            it.item_id.clone(),
            amount(parse_money(&it.mrr_before)?),
            change(parse_money(&it.mrr_delta)?),
            amount(parse_money(&it.mrr_after)?),
            it.currency.clone(),
            by,
        ]);
    }
    Ok(table)
}

/// The causes of a movement in a few words.
pub fn causes(movement: &v1::Movement) -> String {
    movement.causes.iter().map(cause_words).collect::<Vec<_>>().join("; ")
}
