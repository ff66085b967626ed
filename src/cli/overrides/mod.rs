//! `deltabook override`: records overrides from a CSV file.

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

use crate::cli::overrides::output::{PreviewedRow, movement_table, waterfall_table};
use crate::cli::overrides::rows::read_overrides;
use crate::cli::shared::diagnostics::Diagnostics;
use crate::cli::shared::output::{note, to_stdout};
use crate::cli::shared::target::{Target, status_error};

/// Reclassify causes by overrides from a CSV file
#[derive(Debug, Args)]
#[command(after_help = "\
The columns are customer_id, cause (CHANGE_ORDER, LINE_START, PRICE_STEP, TRIAL_END or NATURAL_END), change_order_id, or
line_id, and for a price step date; modification_type (NEW_OR_CHURN, UPSELL_OR_DOWNSELL or IGNORED), levels (CONTRACT;
CUSTOMER), subcategory and reason. change_order_id, line_id, date, levels and subcategory can be omitted where they do not
apply.

Every row is validated first, and its effect is shown by itself. Nothing is recorded without --apply, or if any row is
invalid. An override already in force is UNCHANGED, so a file can be applied again.

Examples:
  deltabook override --file overrides.csv
  deltabook override --file overrides.csv --apply
  deltabook override --file overrides.csv --apply --server 127.0.0.1:50051")]
pub struct OverrideArgs {
    #[command(flatten)]
    target: Target,

    /// CSV file with the overrides
    #[arg(long, value_name = "FILE")]
    file: PathBuf,

    /// Record the overrides [default: preview only]
    #[arg(long)]
    apply: bool,
}

pub async fn run(args: OverrideArgs) -> anyhow::Result<ExitCode> {
    let name = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).with_context(|| format!("failed to read {name}"))?;
    let mut diagnostics = Diagnostics::of(&name);
    let rows = read_overrides(&bytes, &mut diagnostics);
    let mut decisions = args.target.finance().await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let request = v1::OverrideModificationTypeRequest { validate_only: true, ..row.request.clone() };
        match decisions.override_modification_type(request).await {
            Ok(response) => all.push(PreviewedRow { row, response: response.into_inner() }),
            Err(status) if is_about_the_row(&status) => add_violations(&mut diagnostics, row.line, &status),
            Err(status) => return Err(status_error(status)),
        }
    }
    if !diagnostics.is_empty() {
        let plural = if diagnostics.count() == 1 { "" } else { "s" };
        let count = format!("{} error{plural}: nothing was recorded", diagnostics.count());
        diagnostics.report();
        note(&count);
        return Ok(ExitCode::FAILURE);
    }
    if !all.is_empty() {
        let (movements, waterfall) = (movement_table(&all)?, waterfall_table(&all)?);
        to_stdout(|out| write!(out, "{movements}\n{waterfall}"))?;
    }
    let unchanged = all.iter().filter(|preview| preview.is_unchanged()).count();
    let new = all.len().saturating_sub(unchanged);
    if !args.apply {
        note(&format!("{new} to record, {unchanged} unchanged; record them with --apply"));
        return Ok(ExitCode::SUCCESS);
    }
    apply(&mut decisions, &name, all).await?;
    note(&format!("{new} recorded, {unchanged} unchanged"));
    Ok(ExitCode::SUCCESS)
}

/// Records the new overrides, row by row: a failure keeps the earlier ones.
async fn apply(decisions: &mut FinanceClient, name: &str, all: Vec<PreviewedRow>) -> anyhow::Result<()> {
    for PreviewedRow { row, response } in all.into_iter().filter(|preview| !preview.is_unchanged()) {
        // The revision of the preview: a change in between is refused.
        let expected_revision = response.r#override.map(|it| it.revision.saturating_sub(1));
        let request = v1::OverrideModificationTypeRequest { expected_revision, ..row.request };
        let done = decisions.override_modification_type(request).await.map_err(status_error);
        done.with_context(|| {
            format!(
                "{name}:{}: this row and those after it were not recorded; correct it and apply the file again",
                row.line
            )
        })?;
    }
    Ok(())
}

/// Tests that the status concerns the row, not the availability of the service.
fn is_about_the_row(status: &Status) -> bool {
    matches!(status.code(), Code::InvalidArgument | Code::FailedPrecondition | Code::NotFound | Code::AlreadyExists)
}

fn add_violations(diagnostics: &mut Diagnostics, line: u64, status: &Status) {
    let violations = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
    if violations.is_empty() {
        diagnostics.add(line, "", status.message());
    }
    for it in violations {
        let field = match it.field.strip_prefix("cause.") {
            Some("kind") => "cause",
            Some(column) => column,
            None => &it.field,
        };
        diagnostics.add(line, field, it.description);
    }
}
