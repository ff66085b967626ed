//! `deltabook import`: files into the store, in bulk.
//!
//! The files are looked through first: for what is wrong with them, and whether they are sorted by customer. Then each
//! customer's facts are recorded together, however far apart they stand.

pub(crate) mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use deltabook::clock::Clock;
use deltabook::config::{StoreOptions, TenantOption};
use deltabook::files::by_customer::{Origin, ReadError, by_customer_as};
use deltabook::files::csv::mapping::Mapping;
use deltabook::files::input::InputError;
use deltabook::files::prescan::{Survey, survey};
use deltabook::ledger::handle::{Ledger, Workload};
use deltabook::store::db::Db;
use tokio::runtime::Handle;

use crate::cli::import::run::{Imported, Importing};
use crate::cli::shared::diagnostics::Problems;
use crate::cli::shared::output::note;
use crate::cli::shared::progress::progress;
use crate::cli::shared::target::check_tenant;

/// Record the facts of files in the store, in bulk
///
/// JSON Lines (one fact a line) and CSV files (one subscription line a row, by the ending .csv) may be
/// mixed. A fact that is in the store already changes nothing, so a file can be imported again. Orders
/// may stand before the lines that they are for. Files sorted by customer are imported fastest; others
/// are sorted first, in temporary files.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub struct ImportArgs {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tenant: TenantOption,

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

/// What was looked through, and how to read it.
struct Inputs {
    names: Vec<String>,
    origins: Vec<Origin>,
    survey: Survey,
}

pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping::parse(&args.map, &args.set)?;
    let files = args.files.clone();
    let inputs = tokio::task::spawn_blocking(move || look_through(&files, &mapping)).await??;
    if inputs.survey.malformed > 0 && !args.skip_invalid {
        bail!("nothing is imported; mend the rows, or leave them out with --skip-invalid");
    }
    let db = Db::open(&args.store).await?;
    let tenant_id = args.tenant.tenant;
    check_tenant(&db, &tenant_id).await?;
    let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, Clock::system(), Workload::Bulk).await?;
    let imported = tokio::task::spawn_blocking(move || import(inputs, ledger)).await?;
    writers.finish().await;
    db.close().await;
    let left_out = imported?;
    let well = left_out == 0 || args.skip_invalid;
    if !well {
        note("what was refused is left out, the rest is recorded: mend it and import the file again");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads all files without recording them, and says what is wrong with them.
fn look_through(files: &[PathBuf], mapping: &Mapping) -> anyhow::Result<Inputs> {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut origins = Vec::with_capacity(files.len());
    for (file, name) in files.iter().zip(&names) {
        let mapping = is_csv(file).then(|| mapping.clone());
        origins.push(Origin::file(file, mapping).with_context(|| format!("failed to open {name}"))?);
    }
    let mut problems: Vec<Problems> = names.iter().map(|name| Problems::of(name)).collect();
    let tell = |problem: deltabook::files::by_customer::Problem| {
        if let Some(problems) = problems.get_mut(problem.file) {
            problems.add(problem.line, &problem.violation.field, problem.violation.description);
        }
    };
    let survey = survey(&mut origins, tell).map_err(|error| read_failed(&names, error))?;
    for (name, ignored) in names.iter().zip(&survey.ignored).filter(|(_, ignored)| !ignored.is_empty()) {
        note(&format!("{name}: columns that are not read: {}", ignored.join(", ")));
    }
    problems.into_iter().for_each(Problems::report);
    Ok(Inputs { names, origins, survey })
}

/// Records everything, and says what came of it; gives the number of facts that were left out.
fn import(inputs: Inputs, ledger: Ledger) -> anyhow::Result<u64> {
    let Inputs { names, mut origins, survey } = inputs;
    let bar = progress("facts");
    let importing = Importing::new(ledger, Handle::current(), names.clone(), bar.clone());
    let imported =
        by_customer_as(survey.is_sorted, &mut origins, &importing).map_err(|error| match importing.failure() {
            Some(failure) => failure.into(),
            None => read_failed(&names, error),
        });
    let imported = imported.and_then(|imported| Ok(importing.finish(imported)?));
    bar.finish_and_clear();
    let Imported { refused, recorded, unchanged, entries, left_out } = imported?;
    refused.into_iter().for_each(Problems::report);
    let left_out = left_out.saturating_add(survey.malformed);
    let rest = if left_out == 0 { String::new() } else { format!(", {left_out} left out") };
    note(&match (recorded, unchanged) {
        (0, 0) => format!("nothing recorded{rest}"),
        (0, unchanged) => format!("nothing new: {unchanged} facts were there already{rest}"),
        _ => format!("{recorded} facts recorded, {unchanged} were there already{rest}; {entries} journal entries"),
    });
    Ok(left_out)
}

fn read_failed(names: &[String], error: ReadError) -> anyhow::Error {
    let name = |file: usize| names.get(file).cloned().unwrap_or_default();
    match error {
        ReadError::Input(file, InputError::Header(error)) => anyhow::Error::new(error).context(name(file)),
        ReadError::Input(file, InputError::Io(error)) => {
            anyhow::Error::new(error).context(format!("failed to read {}", name(file)))
        }
        ReadError::Io(error) => anyhow::Error::new(error).context("failed to use a temporary file"),
    }
}

/// By the name: what is in a file of CSV can be anything.
pub fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}
