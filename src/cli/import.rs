//! `deltabook import`: files into the store, in bulk.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use deltabook::clock::Clock;
use deltabook::config::StoreOptions;
use deltabook::domain::fact::Fact;
use deltabook::domain::ids::TenantId;
use deltabook::files::csv_mapping::Mapping;
use deltabook::ledger::error::Problem;
use deltabook::ledger::job::{Mode, Outcome};
use deltabook::ledger::writers::Ledger;
use deltabook::store::db::Db;
use tokio::sync::mpsc;

use super::import_files::{Placed, check, read};
use super::output::note;
use super::problems::Problems;
use super::progress::file_progress;

/// Record the facts of files in the store, in bulk
///
/// JSON Lines (one fact a line) and CSV files (one subscription line a row, by the ending .csv) may be
/// mixed. A fact that is in the store already changes nothing, so a file can be imported again. Orders
/// may stand before the lines that they are for.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub struct ImportArgs {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    store: StoreOptions,

    /// CSV: read one of our columns from one of theirs
    #[arg(long, value_name = "OURS=THEIRS")]
    map: Vec<String>,

    /// CSV: a constant for one of our columns
    #[arg(long, value_name = "OURS=VALUE")]
    set: Vec<String>,

    /// Leave out what is wrong, and go on with the rest
    ///
    /// Without it, nothing is imported when a row cannot be read. A fact that a rule refuses (an order for an unknown
    /// line) is named and left out either way; without this option the exit code is then 1.
    #[arg(long)]
    skip_invalid: bool,
}

const EXAMPLES: &str = "\
Columns of a CSV file: line_id, subscription_id, customer_id, item_id, charge_kind, currency, start_date,
end_date, trial_end_date, pending_activation, renews_subscription_id, revision, quantity, unit_price (or
amount, the price of the whole quantity), discount_percent, discount_amount, interval (MONTH, annual, 3 MONTH)
and attributes.NAME.

Examples:
  deltabook import facts.jsonl
  deltabook import lines.csv --map customer_id=account --map amount=mrr --set interval=MONTH \\
      --set currency=USD --set charge_kind=RECURRING";

/// Facts that are recorded in one transaction.
const BATCH: usize = 5_000;
/// Facts that are kept for a second try, because what they refer to may stand further below.
const MAX_DEFERRED: usize = 200_000;

/// What an import came to.
#[derive(Debug, Default)]
struct Summary {
    recorded: usize,
    unchanged: usize,
    left_out: usize,
    entries: usize,
}

/// Facts that were refused, and why.
type Refused = Vec<(Placed, Problem)>;

pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping::parse(&args.map, &args.set)?;
    let mut all_well = true;
    for file in &args.files {
        if args.skip_invalid {
            std::fs::File::open(file).with_context(|| format!("failed to open {}", file.display()))?;
        } else {
            all_well &= check(file, &mapping)?;
        }
    }
    if !all_well {
        bail!("nothing is imported; mend the rows, or leave them out with --skip-invalid");
    }
    let db = Db::open(&args.store).await?;
    let (ledger, writers) = Ledger::start(db.clone(), &TenantId::only(), Clock::system()).await?;
    let mut summary = Summary::default();
    let imported = import(&args.files, &mapping, &ledger, &mut summary).await;
    writers.finish().await;
    db.close().await;
    imported?;
    summary.report();
    let well = summary.left_out == 0 || args.skip_invalid;
    if !well {
        note("what was refused is left out, the rest is recorded: mend it and import the file again");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn import(files: &[PathBuf], mapping: &Mapping, ledger: &Ledger, summary: &mut Summary) -> anyhow::Result<()> {
    let mut refused = Refused::new();
    for file in files.iter().enumerate() {
        refused.extend(import_file(file, mapping, ledger, summary).await?);
        if refused.len() > MAX_DEFERRED {
            bail!("more than {MAX_DEFERRED} facts are refused; the first: {}", first_problem(files, &refused));
        }
    }
    // What a fact refers to may stand below it, or in a later file.
    let mut refused = retry(refused, ledger, summary).await?;
    refused.sort_by_key(|(placed, _)| (placed.file, placed.place.line));
    summary.left_out = summary.left_out.saturating_add(refused.len());
    for of_file in refused.chunk_by(|(a, _), (b, _)| a.file == b.file) {
        let file = of_file.first().and_then(|(placed, _)| files.get(placed.file));
        let mut problems = Problems::of(&file.map(|file| file.display().to_string()).unwrap_or_default());
        for (placed, problem) in of_file {
            problems.add(placed.place.line, &placed.place.path, problem.text());
        }
        problems.report();
    }
    Ok(())
}

fn first_problem(files: &[PathBuf], refused: &Refused) -> String {
    let Some((placed, problem)) = refused.first() else { return String::new() };
    let file = files.get(placed.file).map(|file| file.display().to_string()).unwrap_or_default();
    format!("{file}:{}: {}", placed.place.line, problem.text())
}

/// Imports one file, and gives back what was refused.
async fn import_file(
    (number, file): (usize, &PathBuf),
    mapping: &Mapping,
    ledger: &Ledger,
    summary: &mut Summary,
) -> anyhow::Result<Refused> {
    let bar = file_progress(std::fs::metadata(file).map(|it| it.len()).unwrap_or_default());
    let (sender, mut batches) = mpsc::channel::<Vec<Placed>>(2);
    let reading = {
        let (file, mapping, bar) = (file.clone(), mapping.clone(), bar.clone());
        tokio::task::spawn_blocking(move || read((number, &file), &mapping, &bar, BATCH, &sender))
    };
    let mut refused = Refused::new();
    while let Some(batch) = batches.recv().await {
        refused.extend(record(batch, ledger, summary).await?);
        bar.set_message(format!("{} facts", summary.recorded.saturating_add(summary.unchanged)));
    }
    let malformed = reading.await??;
    bar.finish_and_clear();
    malformed.problems.report();
    summary.left_out = summary.left_out.saturating_add(malformed.facts);
    Ok(refused)
}

/// Tries what was refused again, until nothing more of it goes through.
async fn retry(mut refused: Refused, ledger: &Ledger, summary: &mut Summary) -> anyhow::Result<Refused> {
    loop {
        let before = refused.len();
        let mut left = Refused::new();
        let mut again = refused.into_iter().map(|(placed, _)| placed).peekable();
        while again.peek().is_some() {
            let batch: Vec<Placed> = again.by_ref().take(BATCH).collect();
            left.extend(record(batch, ledger, summary).await?);
        }
        if left.is_empty() || left.len() == before {
            return Ok(left);
        }
        refused = left;
    }
}

/// Records a batch, and gives back what was refused.
async fn record(batch: Vec<Placed>, ledger: &Ledger, summary: &mut Summary) -> anyhow::Result<Refused> {
    let facts: Vec<Fact> = batch.iter().map(|placed| placed.fact.clone()).collect();
    let recorded = ledger.record(facts, Mode::Lenient).await?;
    let count = |wanted| recorded.outcomes.iter().flatten().filter(|outcome| **outcome == wanted).count();
    summary.recorded = summary.recorded.saturating_add(count(Outcome::Recorded));
    summary.unchanged = summary.unchanged.saturating_add(count(Outcome::Unchanged));
    summary.entries = summary.entries.saturating_add(recorded.new_entries);
    let refused = recorded.refused.into_iter().filter_map(|problem| {
        let placed = batch.get(problem.index)?.clone();
        Some((placed, problem))
    });
    Ok(refused.collect())
}

impl Summary {
    fn report(&self) {
        let Self { recorded, unchanged, left_out, entries } = self;
        let left_out = if *left_out == 0 { String::new() } else { format!(", {left_out} left out") };
        match (recorded, unchanged) {
            (0, 0) => note(&format!("nothing recorded{left_out}")),
            (0, unchanged) => note(&format!("nothing new: {unchanged} facts were there already{left_out}")),
            (recorded, unchanged) => note(&format!(
                "{recorded} facts recorded, {unchanged} were there already{left_out}; {entries} journal entries"
            )),
        }
    }
}
