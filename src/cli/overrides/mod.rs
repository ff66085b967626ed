//! `deltabook override`: many overrides at once, from a file.

pub(crate) mod output;
pub(crate) mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use deltabook::grpc::client::FinanceClient;
use deltabook::grpc::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::cli::overrides::output::{Seen, movements, waterfall};
use crate::cli::overrides::rows::read;
use crate::cli::shared::diagnostics::Problems;
use crate::cli::shared::output::{note, to_stdout};
use crate::cli::shared::target::{Whom, told};

/// Say for many causes how they count, from a CSV file
#[derive(Debug, Args)]
#[command(after_help = "\
The columns are customer_id, cause (CHANGE_ORDER, LINE_START, PRICE_STEP, TRIAL_END or NATURAL_END), change_order_id, or
line_id, and for a price step date; modification_type (NEW_OR_CHURN, UPSELL_OR_DOWNSELL or IGNORED), levels (CONTRACT;
CUSTOMER), subcategory and reason. change_order_id, line_id, date, levels and subcategory may be left out where they are not
needed.

Every row is checked first, and shown as if it were the only one. Nothing is recorded without --apply, nor if a row is
wrong. What is in force already is UNCHANGED, so that a file can be applied again.

Examples:
  deltabook override --file overrides.csv
  deltabook override --file overrides.csv --apply
  deltabook override --file overrides.csv --apply --server 127.0.0.1:50051")]
pub struct OverrideArgs {
    #[command(flatten)]
    whom: Whom,

    /// The overrides, as CSV
    #[arg(long, value_name = "FILE")]
    file: PathBuf,

    /// Record them
    #[arg(long)]
    apply: bool,
}

pub async fn run(args: OverrideArgs) -> anyhow::Result<ExitCode> {
    let name = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).with_context(|| format!("failed to read {name}"))?;
    let mut problems = Problems::of(&name);
    let rows = read(&bytes, &mut problems);
    let mut decisions = args.whom.finance().await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let request = v1::OverrideModificationTypeRequest { validate_only: true, ..row.request.clone() };
        match decisions.override_modification_type(request).await {
            Ok(answer) => all.push(Seen { row, answer: answer.into_inner() }),
            Err(status) if is_about_the_row(&status) => add(&mut problems, row.line, &status),
            Err(status) => return Err(told(status)),
        }
    }
    if !problems.is_empty() {
        let plural = if problems.count() == 1 { "" } else { "s" };
        let count = format!("{} problem{plural}: nothing is recorded", problems.count());
        problems.report();
        note(&count);
        return Ok(ExitCode::FAILURE);
    }
    if !all.is_empty() {
        let (movements, waterfall) = (movements(&all), waterfall(&all)?);
        to_stdout(|out| write!(out, "{movements}\n{waterfall}"))?;
    }
    let unchanged = all.iter().filter(|seen| seen.is_unchanged()).count();
    let new = all.len().saturating_sub(unchanged);
    if !args.apply {
        note(&format!("{new} to be recorded, {unchanged} unchanged; nothing is recorded without --apply"));
        return Ok(ExitCode::SUCCESS);
    }
    apply(&mut decisions, &name, all).await?;
    note(&format!("{new} recorded, {unchanged} unchanged"));
    Ok(ExitCode::SUCCESS)
}

/// Records what is new. What is recorded stays so when a later row fails.
async fn apply(decisions: &mut FinanceClient, name: &str, all: Vec<Seen>) -> anyhow::Result<()> {
    for Seen { row, answer } in all.into_iter().filter(|seen| !seen.is_unchanged()) {
        // As it was looked at: nobody changed it meanwhile.
        let expected_revision = answer.r#override.map(|it| it.revision.saturating_sub(1));
        let request = v1::OverrideModificationTypeRequest { expected_revision, ..row.request };
        let done = decisions.override_modification_type(request).await.map_err(told);
        done.with_context(|| {
            format!(
                "{name}:{}: not recorded, nor the rows behind it; when that is mended, apply the file again",
                row.line
            )
        })?;
    }
    Ok(())
}

/// Whether the status says what is wrong with the row, and not that the service is away.
fn is_about_the_row(status: &Status) -> bool {
    matches!(status.code(), Code::InvalidArgument | Code::FailedPrecondition | Code::NotFound | Code::AlreadyExists)
}

fn add(problems: &mut Problems, line: u64, status: &Status) {
    let violations = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
    if violations.is_empty() {
        problems.add(line, "", status.message());
    }
    for it in violations {
        let field = match it.field.strip_prefix("cause.") {
            Some("kind") => "cause",
            Some(column) => column,
            None => &it.field,
        };
        problems.add(line, field, it.description);
    }
}
