//! `deltabook classify`: runs the engine on a file, without a store.

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
use deltabook::files::by_customer::{ReadError, Source, by_customer};
use deltabook::files::csv::mapping::Mapping;
use deltabook::files::input::InputError;

use crate::cli::classify::report::{Classifier, ClassifyOutput, MAX_TABLE_ROWS, TableRows, VoidSummary};
use crate::cli::import::is_csv;
use crate::cli::shared::movement_output;
use crate::cli::shared::output::{ClassifyFormat, note, to_stdout};

/// Classify the facts of a file, without a store
///
/// Reads customers, subscription lines, change orders, charges and overrides, and writes the resulting
/// movements of MRR, customer by customer. Facts can be in any order; a large file that is sorted by
/// customer id is processed faster. Invalid facts are reported on stderr as
/// `file:line: field: description`; stdout is then empty and the exit code is 1.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES, after_long_help = EXAMPLES_AND_INPUT)]
pub struct ClassifyArgs {
    /// Facts as JSON Lines, one JSON object, or CSV of subscription lines (extension .csv); `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// CSV: read COLUMN of Deltabook from the column SOURCE of the file
    #[arg(long, value_name = "COLUMN=SOURCE")]
    map: Vec<String>,

    /// CSV: set COLUMN of Deltabook to a constant
    #[arg(long, value_name = "COLUMN=VALUE")]
    set: Vec<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = ClassifyFormat::Table)]
    format: ClassifyFormat,

    /// Level of the movements
    #[arg(long, value_enum, default_value_t = LevelChoice::Both)]
    level: LevelChoice,

    /// Write lifecycle events (Signed Up, Upgraded, Canceled, Billed, …) instead of movements
    #[arg(long, conflicts_with = "level")]
    events: bool,

    /// Days for which churn at a natural end stays provisional, waiting for a late renewal (R11)
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
Input, one fact per line (amounts are strings, dates are YYYY-MM-DD):
  {\"subscription_line\": {\"line_id\": \"L1\", \"subscription_id\": \"S1\", \"customer_id\": \"acme\",
     \"item_id\": \"seats\", \"charge_kind\": \"RECURRING\", \"currency\": \"USD\", \"start_date\": \"2026-01-01\",
     \"price_steps\": [{\"quantity\": \"10\", \"unit_price\": \"100\", \"interval\": {\"unit\": \"MONTH\", \"count\": 1}}]}}
  {\"change_order\": {…}}   {\"charge\": {…}}   {\"customer\": {…}}   {\"override\": {…}}
(wrapped here; in the file each fact is on one line), or all facts in one object:
  {\"subscription_lines\": […], \"change_orders\": […], \"charges\": […], \"customers\": […], \"overrides\": […]}
CSV has the columns listed by `deltabook help import`, or others with --map and --set.

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
    let (name, source) = source(args)?;
    let policy = Policy { lapse_grace_days: args.lapse_grace_days, ..Policy::default() };
    let classifier = Classifier::new(name, args.format, args.level.levels(), args.events, policy);
    let classification = match by_customer(&mut [source], &classifier) {
        Ok(classification) => classification,
        Err(ReadError::Input(_, InputError::Header(error))) => {
            return Err(error).with_context(|| classifier.input.clone());
        }
        Err(ReadError::Input(_, InputError::Io(error))) => {
            return Err(error).with_context(|| format!("failed to read {}", classifier.input));
        }
        Err(ReadError::Io(error)) => return Err(error).context("failed to use a temporary file"),
    };
    let output = match classification.into_result() {
        Ok(output) => output,
        Err(diagnostics) => {
            diagnostics.report();
            return Ok(ExitCode::FAILURE);
        }
    };
    match args.format {
        ClassifyFormat::Table => write_table(args.events, &output)?,
        ClassifyFormat::Csv => {
            let mut header = Vec::new();
            push_header(&mut header, classifier.names());
            to_stdout(|out| out.write_all(&header))?;
            output.text.write_to_stdout()?;
        }
        ClassifyFormat::Jsonl => output.text.write_to_stdout()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn source(args: &ClassifyArgs) -> anyhow::Result<(String, Source)> {
    let mapping = Mapping::parse(&args.map, &args.set)?;
    let mapping = is_csv(&args.file).then_some(mapping);
    if args.file.as_os_str() == "-" {
        return Ok(("stdin".to_owned(), Source::pipe(io::stdin(), mapping)));
    }
    let name = args.file.display().to_string();
    let source = Source::file(&args.file, mapping).with_context(|| format!("failed to open {name}"))?;
    Ok((name, source))
}

fn write_table(events: bool, output: &ClassifyOutput) -> anyhow::Result<()> {
    let TableRows { count, movements, .. } = &output.rows;
    if *count > MAX_TABLE_ROWS {
        bail!("{count} rows are too many for a table; use --format csv or --format jsonl");
    }
    note_voids(&output.voids);
    to_stdout(|out| match (events, count) {
        (true, 0) => writeln!(out, "no events"),
        (false, 0) => writeln!(out, "no movements"),
        (true, _) => write!(out, "{}", event_output::table(&output.rows.events)),
        (false, _) => write!(out, "{}", movement_output::table(movements)),
    })
}

fn note_voids(voids: &VoidSummary) {
    for (customer_id, void) in &voids.first {
        let line = void.line_id.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
        note(&format!("void: {} ({customer_id}{line}): {}", fact_name(&void.fact), void.reason));
    }
    let more = voids.count.saturating_sub(voids.first.len());
    if more > 0 {
        note(&format!("void: {more} more facts without effect"));
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
