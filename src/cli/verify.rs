//! `deltabook verify`: derives every customer again and compares with the journal.

use std::process::ExitCode;

use clap::Args;

use crate::cli::shared::output::{StdoutClosed, to_stdout};
use crate::cli::shared::progress::progress;
use crate::cli::shared::target::check_tenant;
use deltabook::config::{StoreOptions, TenantOption};
use deltabook::ledger::verify::{Verification, verify};
use deltabook::store::db::Db;

/// Derive every customer again and compare with the journal; exit code 1 if anything differs
#[derive(Debug, Args)]
#[command(after_help = "\
Checks for each customer: the journal contains exactly the movements that the rules derive from the facts; each reversal
cancels its entry exactly; at both levels the movements add up to the MRR of the counting lines on every date (R14); and
the outbox contains every event that was due at the last change of the customer (R18).")]
pub struct VerifyArgs {
    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    tenant: TenantOption,
}

/// Maximum number of differences shown.
const MAX_SHOWN: usize = 100;

pub async fn run(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let db = Db::open_existing(&args.store).await?;
    let tenant_id = args.tenant.tenant;
    check_tenant(&db, &tenant_id).await?;
    let bar = progress("customers");
    let found = verify(&db, &tenant_id, || bar.inc(1)).await;
    bar.finish_and_clear();
    db.close().await;
    let found = found?;
    let code = if found.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let written = to_stdout(|out| {
        for difference in found.differences.iter().take(MAX_SHOWN) {
            match &difference.customer_id {
                Some(customer_id) => writeln!(out, "{customer_id}: {}", difference.what)?,
                None => writeln!(out, "{}", difference.what)?,
            }
        }
        if let Some(more @ 1..) = found.differences.len().checked_sub(MAX_SHOWN) {
            writeln!(out, "… and {more} more")?;
        }
        let differences = match found.differences.len() {
            0 => "no difference".to_owned(),
            1 => "1 difference".to_owned(),
            many => format!("{many} differences"),
        };
        let Verification { customers, facts, entries, .. } = found;
        writeln!(out, "{customers} customers, {facts} facts, {entries} journal entries: {differences}")
    });
    match written {
        // With a closed pipe, the exit code is still the result.
        Err(error) if !error.is::<StdoutClosed>() => Err(error),
        Ok(()) | Err(_) => Ok(code),
    }
}
