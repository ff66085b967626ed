//! `deltabook import`: files into the store, in bulk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use deltabook::clock::Clock;
use deltabook::config::StoreOptions;
use deltabook::domain::fact::Fact;
use deltabook::domain::ids::TenantId;
use deltabook::files::csv_lines::Mapping;
use deltabook::ledger::error::Problem;
use deltabook::ledger::record::{Mode, Outcome};
use deltabook::ledger::writer::Ledger;
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

    /// Leave out what is wrong, and go on with the rest; without it, a file with a wrong row is not begun
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
    skipped: usize,
    entries: usize,
}

pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping::parse(&args.map, &args.set)?;
    if !args.skip_invalid {
        let mut is_wrong = false;
        for file in &args.files {
            is_wrong |= !check(file, &mapping)?;
        }
        if is_wrong {
            bail!("nothing is imported; mend the rows, or leave them out with --skip-invalid");
        }
    }
    let db = Db::open(&args.store.database_url).await?;
    let (ledger, writer) = Ledger::start(db.clone(), &TenantId::only(), Clock::system()).await?;
    let mut summary = Summary::default();
    let mut all_well = true;
    for file in &args.files {
        all_well &= import(file, &mapping, &ledger, &mut summary).await?;
    }
    writer.finish().await;
    db.close().await;
    summary.report();
    Ok(if all_well || args.skip_invalid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Imports one file; false if something of it was left out.
async fn import(file: &Path, mapping: &Mapping, ledger: &Ledger, summary: &mut Summary) -> anyhow::Result<bool> {
    let bar = file_progress(std::fs::metadata(file).map(|it| it.len()).unwrap_or_default());
    let (sender, mut batches) = mpsc::channel::<Vec<Placed>>(2);
    let reading = {
        let (file, mapping, bar) = (file.to_owned(), mapping.clone(), bar.clone());
        tokio::task::spawn_blocking(move || read(&file, &mapping, &bar, BATCH, &sender))
    };
    let mut problems = Problems::of(&file.display().to_string());
    let mut deferred = Vec::new();
    while let Some(batch) = batches.recv().await {
        let refused = record(batch, ledger, summary).await?;
        let room = MAX_DEFERRED.saturating_sub(deferred.len());
        for (index, (placed, problem)) in refused.into_iter().enumerate() {
            if index < room {
                deferred.push((placed, problem));
            } else {
                problems.add(placed.line, "", &problem.kind);
            }
        }
        bar.set_message(format!("{} facts", summary.recorded.saturating_add(summary.unchanged)));
    }
    let malformed = reading.await??;
    for (placed, problem) in retry(deferred, ledger, summary).await? {
        problems.add(placed.line, "", &problem.kind);
    }
    bar.finish_and_clear();
    problems.report();
    malformed.report();
    let left_out = problems.count().saturating_add(malformed.count());
    summary.skipped = summary.skipped.saturating_add(left_out);
    Ok(left_out == 0)
}

/// Tries what was refused again, until nothing more of it goes through.
async fn retry(
    mut refused: Vec<(Placed, Problem)>,
    ledger: &Ledger,
    summary: &mut Summary,
) -> anyhow::Result<Vec<(Placed, Problem)>> {
    loop {
        let before = refused.len();
        let mut left = Vec::new();
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
async fn record(batch: Vec<Placed>, ledger: &Ledger, summary: &mut Summary) -> anyhow::Result<Vec<(Placed, Problem)>> {
    let facts: Vec<Fact> = batch.iter().map(|placed| placed.fact.clone()).collect();
    let recorded = ledger.record(&TenantId::only(), facts, Mode::Lenient).await?;
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
        let Self { recorded, unchanged, skipped, entries } = self;
        let left_out = if *skipped == 0 { String::new() } else { format!(", {skipped} left out") };
        if *recorded == 0 {
            note(&format!("nothing new: {unchanged} facts were there already{left_out}"));
        } else {
            note(&format!(
                "{recorded} facts recorded, {unchanged} were there already{left_out}; {entries} journal entries"
            ));
        }
    }
}
