//! `deltabook classify`: the engine alone, from facts to movements, without a store.

pub(crate) mod event_output;
pub(crate) mod report;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use deltabook::codec::tabular::csv::push_header;
use deltabook::domain::facts::fact::FactKey;
use deltabook::domain::journal::movement::Levels;
use deltabook::domain::policy::Policy;
use deltabook::files::by_customer::{Origin, ReadError, by_customer};
use deltabook::files::csv::mapping::Mapping;
use deltabook::files::input::InputError;

use crate::cli::classify::report::{Classifying, Good, MAX_TABLE_ROWS, Rows, Voids};
use crate::cli::import::is_csv;
use crate::cli::shared::movement_output;
use crate::cli::shared::output::{Format, note, to_stdout};

/// Classifies the facts of a file: the rules alone, nothing is stored
///
/// Reads customers, subscription lines, change orders, charges and overrides, and writes the movements
/// of MRR that they come to, customer by customer. Many customers may be mixed, in any order; a large
/// file is read faster when it is sorted by customer id. What is wrong with the facts is told on stderr
/// as `file:line: field: what is wrong`; then stdout stays empty and the exit code is 1.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES, after_long_help = EXAMPLES_AND_INPUT)]
pub struct ClassifyArgs {
    /// The facts: JSON Lines, one JSON object, or CSV of subscription lines (by the ending .csv); `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// CSV: read one of our columns from one of theirs
    #[arg(long, value_name = "OURS=THEIRS")]
    map: Vec<String>,

    /// CSV: a constant for one of our columns
    #[arg(long, value_name = "OURS=VALUE")]
    set: Vec<String>,

    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Whose MRR: each contract's, each customer's as a whole, or both
    #[arg(long, value_enum, default_value_t = LevelChoice::Both)]
    level: LevelChoice,

    /// Write lifecycle events (Signed Up, Upgraded, Canceled, Billed, …) instead of movements
    #[arg(long, conflicts_with = "level")]
    events: bool,

    /// Days for which the churn of a contract that ran out stays provisional, waiting for a late renewal
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    lapse_grace_days: u16,
}

const EXAMPLES: &str = "\
Examples:
  deltabook classify facts.jsonl
  deltabook classify facts.jsonl --level customer --format csv > movements.csv
  deltabook classify lines.csv --map customer_id=account --set interval=MONTH --format csv
  grep acme facts.jsonl | deltabook classify - --events --format jsonl";

const EXAMPLES_AND_INPUT: &str = "\
Input, one fact a line (amounts are strings, dates are YYYY-MM-DD):
  {\"subscription_line\": {\"line_id\": \"L1\", \"subscription_id\": \"S1\", \"customer_id\": \"acme\",
     \"item_id\": \"seats\", \"charge_kind\": \"RECURRING\", \"currency\": \"USD\", \"start_date\": \"2026-01-01\",
     \"price_steps\": [{\"quantity\": \"10\", \"unit_price\": \"100\", \"interval\": {\"unit\": \"MONTH\", \"count\": 1}}]}}
  {\"change_order\": {…}}   {\"charge\": {…}}   {\"customer\": {…}}   {\"override\": {…}}
(shown on several lines here; in the file each fact has one), or all facts in one object:
  {\"subscription_lines\": […], \"change_orders\": […], \"charges\": […], \"customers\": […], \"overrides\": […]}
CSV has the columns that `deltabook help import` names, or others with --map and --set.

Examples:
  deltabook classify facts.jsonl
  deltabook classify facts.jsonl --level customer --format csv > movements.csv
  deltabook classify lines.csv --map customer_id=account --set interval=MONTH --format csv
  grep acme facts.jsonl | deltabook classify - --events --format jsonl";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LevelChoice {
    Contract,
    Customer,
    Both,
}

impl LevelChoice {
    fn levels(self) -> Levels {
        match self {
            Self::Contract => Levels::Contract,
            Self::Customer => Levels::Customer,
            Self::Both => Levels::Both,
        }
    }
}

pub fn run(args: &ClassifyArgs) -> anyhow::Result<ExitCode> {
    let (name, origin) = origin(args)?;
    let policy = Policy { lapse_grace_days: args.lapse_grace_days, ..Policy::default() };
    let classifying = Classifying::new(name, args.format, args.level.levels(), args.events, policy);
    let classified = match by_customer(&mut [origin], &classifying) {
        Ok(classified) => classified,
        Err(ReadError::Input(_, InputError::Header(error))) => {
            return Err(error).with_context(|| classifying.input.clone());
        }
        Err(ReadError::Input(_, InputError::Io(error))) => {
            return Err(error).with_context(|| format!("failed to read {}", classifying.input));
        }
        Err(ReadError::Io(error)) => return Err(error).context("failed to use a temporary file"),
    };
    let good = match classified.judged() {
        Ok(good) => good,
        Err(problems) => {
            problems.report();
            return Ok(ExitCode::FAILURE);
        }
    };
    match args.format {
        Format::Table => write_table(args.events, &good)?,
        Format::Csv => {
            let mut header = Vec::new();
            push_header(&mut header, classifying.names());
            to_stdout(|out| out.write_all(&header))?;
            good.text.show()?;
        }
        Format::Jsonl => good.text.show()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn origin(args: &ClassifyArgs) -> anyhow::Result<(String, Origin)> {
    let mapping = Mapping::parse(&args.map, &args.set)?;
    let mapping = is_csv(&args.file).then_some(mapping);
    if args.file.as_os_str() == "-" {
        return Ok(("stdin".to_owned(), Origin::pipe(io::stdin(), mapping)));
    }
    let name = args.file.display().to_string();
    let origin = Origin::file(&args.file, mapping).with_context(|| format!("failed to open {name}"))?;
    Ok((name, origin))
}

fn write_table(events: bool, good: &Good) -> anyhow::Result<()> {
    let Rows { count, movements, .. } = &good.rows;
    if *count > MAX_TABLE_ROWS {
        bail!("{count} rows are too many for a table; write them with --format csv or --format jsonl");
    }
    note_voids(&good.voids);
    to_stdout(|out| match (events, count) {
        (true, 0) => writeln!(out, "no events"),
        (false, 0) => writeln!(out, "no movements"),
        (true, _) => write!(out, "{}", event_output::table(&good.rows.events)),
        (false, _) => write!(out, "{}", movement_output::table(movements)),
    })
}

fn note_voids(voids: &Voids) {
    for (customer_id, void) in &voids.first {
        let line = void.line_id.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
        note(&format!("void: {} ({customer_id}{line}): {}", fact_name(&void.fact), void.reason));
    }
    let more = voids.count.saturating_sub(voids.first.len());
    if more > 0 {
        note(&format!("void: and {more} more facts without effect"));
    }
}

fn fact_name(key: &FactKey) -> String {
    let kind = match key {
        FactKey::Customer => return "customer".to_owned(),
        FactKey::Line(_) => "line",
        FactKey::Order(_) => "change order",
        FactKey::Charge(_) => "charge",
        FactKey::Override(_) => "override for",
    };
    format!("{kind} {}", key.id())
}
