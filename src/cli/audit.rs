//! `deltabook audit`: lists and verifies the audit trail.

use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use deltabook::grpc::v1;
use deltabook::grpc::wire::timestamp::instant;
use deltabook::grpc::wire::wire_enum::WireEnum;

use crate::cli::deliveries::output::instant as instant_at;
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{OutputFormat, Records, Target, id_option, instant_option, status_error, text, value};

/// List and verify the audit trail
#[derive(Debug, Args)]
#[command(after_help = "\
Each entry carries a hash of itself and of the previous entry, so the head stands for all of them. Store the head outside
the reach of users who can write to the database.

Examples:
  deltabook audit list --customer acme
  deltabook audit list --action period_closed --format csv
  deltabook audit head >> /somewhere/else/heads.txt
  deltabook audit verify --head 4711:8c1f…")]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// List audit entries, latest first
    List(ListArgs),
    /// Verify the audit trail; exit code 1 and the first invalid entry if it was changed
    Verify {
        #[command(flatten)]
        target: Target,

        /// Head printed earlier by `audit head`; with it, a truncated trail is detected too
        #[arg(long, value_name = "NUMBER:HASH", value_parser = head_option)]
        head: Option<v1::AuditHead>,
    },
    /// Print the number and the hash of the last entry
    Head {
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    target: Target,

    /// Output format

    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    format: OutputFormat,

    /// Only this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    /// Only this action, for example override_set, fact_revised or period_closed
    #[arg(long, value_parser = action_option)]
    action: Option<v1::AuditAction>,

    /// Only this actor
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// Recorded at or after this instant, for example 2026-01-05T00:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = instant_option)]
    from: Option<DateTime<Utc>>,

    /// Recorded before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant_option)]
    until: Option<DateTime<Utc>>,

    /// Maximum number of entries
    #[arg(long, default_value_t = 50, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// Page size of requests.
const PAGE: i32 = 1_000;

pub async fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        AuditCommand::List(args) => {
            let entries = list(&args).await?;
            records(&entries).write(args.format, |records| Ok(table(records)))?;
        }
        AuditCommand::Verify { target, head } => {
            let request = v1::VerifyAuditTrailRequest { expected: head };
            let found = target.finance().await?.verify_audit_trail(request).await.map_err(status_error)?.into_inner();
            if !found.problem.is_empty() {
                to_stdout(|out| writeln!(out, "{}", found.problem))?;
                return Ok(ExitCode::FAILURE);
            }
            to_stdout(|out| writeln!(out, "{} entries verified, none changed", found.verified_count))?;
        }
        AuditCommand::Head { target } => {
            let answer = target
                .finance()
                .await?
                .get_audit_head(v1::GetAuditHeadRequest {})
                .await
                .map_err(status_error)?
                .into_inner();
            let head = answer.head.context("the server returned no head")?;
            to_stdout(|out| writeln!(out, "{}:{}", head.sequence, head.hash))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &ListArgs) -> anyhow::Result<Vec<v1::AuditEntry>> {
    let mut decisions = args.target.finance().await?;
    let wanted = usize::try_from(args.limit)?;
    let mut request = v1::ListAuditEntriesRequest {
        customer_id: args.customer.clone().unwrap_or_default(),
        action: args.action.map(i32::from).unwrap_or_default(),
        actor: args.actor.clone().unwrap_or_default(),
        recorded_from: args.from.map(instant),
        recorded_until: args.until.map(instant),
        page_size: i32::try_from(args.limit).unwrap_or(PAGE).min(PAGE),
        page_token: String::new(),
    };
    let mut entries = Vec::new();
    while entries.len() < wanted {
        let page = decisions.list_audit_entries(request.clone()).await.map_err(status_error)?.into_inner();
        entries.extend(page.entries);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    entries.truncate(wanted);
    Ok(entries)
}

fn action_option(text: &str) -> Result<v1::AuditAction, &'static str> {
    v1::AuditAction::from_short_name(&text.to_uppercase())
        .filter(|action| *action != v1::AuditAction::Unspecified)
        .ok_or("is not an audit action")
}

fn head_option(text: &str) -> Result<v1::AuditHead, &'static str> {
    let (number, hash) = text.split_once(':').ok_or("is not of the form NUMBER:HASH")?;
    let sequence = number.parse().map_err(|_| "does not begin with a number")?;
    Ok(v1::AuditHead { sequence, hash: hash.to_owned() })
}

/// All fields of the entries, named as in the contract.
fn records(entries: &[v1::AuditEntry]) -> Records<11> {
    let row = |it: &v1::AuditEntry| {
        [
            it.sequence.into(),
            instant_at(it.recorded_at.as_ref()),
            value(&it.actor),
            value(it.action().short_name()),
            value(&it.customer_id),
            value(&it.subject),
            value(&it.before),
            value(&it.after),
            value(&it.reason),
            value(&it.request_id),
            value(&it.hash),
        ]
    };
    let names = [
        "sequence",
        "recorded_at",
        "actor",
        "action",
        "customer_id",
        "subject",
        "before",
        "after",
        "reason",
        "request_id",
        "hash",
    ];
    Records { names, rows: entries.iter().map(row).collect() }
}

/// The table; `before`, `after` and the hash are in the other formats only.
fn table(records: &Records<11>) -> Table {
    let mut table = Table::new([
        right("number"),
        left("recorded at"),
        left("actor"),
        left("action"),
        left("customer"),
        left("subject"),
        left("reason"),
    ]);
    for [number, at, actor, action, customer, subject, _, _, reason, ..] in &records.rows {
        table.row([number, at, actor, action, customer, subject, reason].map(text));
    }
    table
}
