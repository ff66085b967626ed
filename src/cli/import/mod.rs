//! `deltabook import`: bulk import of files into a store.
//!
//! A first pass validates the files and detects whether they are sorted by customer. A second pass records each
//! customer's facts together, wherever they are in the files.

pub(crate) mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use deltabook::clock::Clock;
use deltabook::config::{StoreOptions, TenantOption};
use deltabook::files::by_customer::{LocatedViolation, ReadError, Source, by_customer_as};
use deltabook::files::csv::mapping::Mapping;
use deltabook::files::input::InputError;
use deltabook::files::prescan::{Prescan, prescan};
use deltabook::ledger::handle::{Ledger, Workload};
use deltabook::store::db::Db;
use tokio::runtime::Handle;

use crate::cli::import::run::{ImportSummary, Importer};
use crate::cli::shared::diagnostics::Diagnostics;
use crate::cli::shared::output::note;
use crate::cli::shared::progress::progress;
use crate::cli::shared::target::check_tenant;

/// Import facts from files into a store
///
/// Accepts JSON Lines (one fact per line) and CSV (extension .csv, one subscription line per row). Import
/// is idempotent: facts already in the store are unchanged. Change orders can precede their lines. Files
/// sorted by customer are imported fastest; others are first sorted in temporary files.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Files to import
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tenant: TenantOption,

    /// CSV: read COLUMN of Deltabook from the column SOURCE of the file
    #[arg(long, value_name = "COLUMN=SOURCE")]
    map: Vec<String>,

    /// CSV: set COLUMN of Deltabook to a constant
    #[arg(long, value_name = "COLUMN=VALUE")]
    set: Vec<String>,

    /// Skip invalid rows and import the rest
    ///
    /// By default a malformed row prevents the import. A fact refused by a rule (for example a change order for an
    /// unknown line) is always reported and skipped; without this option the exit code is then 1.
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

/// ScannedInputs after the first pass.
struct ScannedInputs {
    names: Vec<String>,
    sources: Vec<Source>,
    prescan: Prescan,
}

pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping::parse(&args.map, &args.set)?;
    let files = args.files.clone();
    let inputs = tokio::task::spawn_blocking(move || scan(&files, &mapping)).await??;
    if inputs.prescan.malformed > 0 && !args.skip_invalid {
        bail!("nothing was imported; correct the rows, or skip them with --skip-invalid");
    }
    let db = Db::open(&args.store).await?;
    let tenant_id = args.tenant.tenant;
    check_tenant(&db, &tenant_id).await?;
    let (ledger, writers) = Ledger::start(db.clone(), &tenant_id, Clock::system(), Workload::Bulk).await?;
    let imported = tokio::task::spawn_blocking(move || import(inputs, ledger)).await?;
    writers.finish().await;
    db.close().await;
    let skipped = imported?;
    let is_success = skipped == 0 || args.skip_invalid;
    if !is_success {
        note("refused facts were skipped, all others recorded; correct them and import the file again");
    }
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// First pass: reads all files and reports invalid rows.
fn scan(files: &[PathBuf], mapping: &Mapping) -> anyhow::Result<ScannedInputs> {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut sources = Vec::with_capacity(files.len());
    for (file, name) in files.iter().zip(&names) {
        let mapping = is_csv(file).then(|| mapping.clone());
        sources.push(Source::file(file, mapping).with_context(|| format!("failed to open {name}"))?);
    }
    let mut diagnostics: Vec<Diagnostics> = names.iter().map(|name| Diagnostics::of(name)).collect();
    let report = |problem: LocatedViolation| {
        if let Some(diagnostics) = diagnostics.get_mut(problem.file) {
            diagnostics.add(problem.line, &problem.violation.field, problem.violation.description);
        }
    };
    let prescan = prescan(&mut sources, report).map_err(|error| read_failed(&names, error))?;
    for (name, ignored) in names.iter().zip(&prescan.ignored).filter(|(_, ignored)| !ignored.is_empty()) {
        note(&format!("{name}: ignored columns: {}", ignored.join(", ")));
    }
    diagnostics.into_iter().for_each(Diagnostics::report);
    Ok(ScannedInputs { names, sources, prescan })
}

/// Second pass: records all facts and reports the result; returns the number of skipped facts.
fn import(inputs: ScannedInputs, ledger: Ledger) -> anyhow::Result<u64> {
    let ScannedInputs { names, mut sources, prescan } = inputs;
    let bar = progress("facts");
    let importer = Importer::new(ledger, Handle::current(), names.clone(), bar.clone());
    let imported =
        by_customer_as(prescan.is_sorted, &mut sources, &importer).map_err(|error| match importer.failure() {
            Some(failure) => failure.into(),
            None => read_failed(&names, error),
        });
    let imported = imported.and_then(|imported| Ok(importer.finish(imported)?));
    bar.finish_and_clear();
    let ImportSummary { refused, recorded, unchanged, entries, skipped } = imported?;
    refused.into_iter().for_each(Diagnostics::report);
    let skipped = skipped.saturating_add(prescan.malformed);
    let rest = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
    note(&match (recorded, unchanged) {
        (0, 0) => format!("nothing recorded{rest}"),
        (0, unchanged) => format!("nothing new: {unchanged} facts unchanged{rest}"),
        _ => format!("{recorded} facts recorded, {unchanged} unchanged{rest}; {entries} journal entries"),
    });
    Ok(skipped)
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

/// Tests for the extension `.csv`; CSV cannot be recognised by its content.
pub fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}
