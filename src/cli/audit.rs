//! `deltabook audit`: who did what.

use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::instant;

use crate::cli::deliveries::output::instant as instant_at;
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{Answer, AnswerFormat, Whom, id_option, instant_option, text, told, value, word};

/// Show who did what, and check that nobody changed the record of it
#[derive(Debug, Args)]
#[command(after_help = "\
Each entry carries a hash of itself and of the one before. The head stands for all of them: keep it where nobody who can
write to the database can write.

Examples:
  deltabook audit list --customer acme
  deltabook audit list --action period_closed --format csv
  deltabook audit head >> /somewhere/else/heads.txt
  deltabook audit verify --head 4711:8c1f…")]
pub struct AuditArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the audit trail, the latest first
    List(ListArgs),
    /// Check the audit trail; exit code 1 names the first entry that is wrong
    Verify {
        #[command(flatten)]
        whom: Whom,

        /// A head that was kept elsewhere, as `audit head` prints it: with it, a cut tail is seen too
        #[arg(long, value_name = "NUMBER:HASH", value_parser = head_option)]
        head: Option<v1::AuditHead>,
    },
    /// Print the last entry's number and hash
    Head {
        #[command(flatten)]
        whom: Whom,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    whom: Whom,

    #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
    format: AnswerFormat,

    /// Only about this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    /// Only this action: override_set, fact_revised, period_closed, …
    #[arg(long, value_parser = action_option)]
    action: Option<v1::AuditAction>,

    /// Only by this actor
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// Recorded at this instant (2026-01-05T00:00:00Z) or later
    #[arg(long, value_name = "INSTANT", value_parser = instant_option)]
    from: Option<DateTime<Utc>>,

    /// Recorded before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant_option)]
    until: Option<DateTime<Utc>>,

    /// How many, at most
    #[arg(long, default_value_t = 50, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// Entries that are asked for at once.
const PAGE: i32 = 1_000;

pub async fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::List(args) => {
            let entries = list(&args).await?;
            answer(&entries).write(args.format, table)?;
        }
        What::Verify { whom, head } => {
            let request = v1::VerifyAuditTrailRequest { expected: head };
            let found = whom.finance().await?.verify_audit_trail(request).await.map_err(told)?.into_inner();
            if !found.problem.is_empty() {
                to_stdout(|out| writeln!(out, "{}", found.problem))?;
                return Ok(ExitCode::FAILURE);
            }
            to_stdout(|out| writeln!(out, "{} entries, none changed", found.verified_count))?;
        }
        What::Head { whom } => {
            let answer =
                whom.finance().await?.get_audit_head(v1::GetAuditHeadRequest {}).await.map_err(told)?.into_inner();
            let head = answer.head.context("the server named no head")?;
            to_stdout(|out| writeln!(out, "{}:{}", head.sequence, head.hash))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &ListArgs) -> anyhow::Result<Vec<v1::AuditEntry>> {
    let mut decisions = args.whom.finance().await?;
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
        let page = decisions.list_audit_entries(request.clone()).await.map_err(told)?.into_inner();
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
    let name = format!("AUDIT_ACTION_{}", text.to_uppercase());
    v1::AuditAction::from_str_name(&name).filter(|action| *action != v1::AuditAction::Unspecified).ok_or("is no action")
}

fn head_option(text: &str) -> Result<v1::AuditHead, &'static str> {
    let (number, hash) = text.split_once(':').ok_or("is not a number, a colon and a hash")?;
    let sequence = number.parse().map_err(|_| "does not begin with a number")?;
    Ok(v1::AuditHead { sequence, hash: hash.to_owned() })
}

/// The entries with every field, named as in the contract.
fn answer(entries: &[v1::AuditEntry]) -> Answer<11> {
    let row = |it: &v1::AuditEntry| {
        [
            it.sequence.into(),
            instant_at(it.recorded_at.as_ref()),
            value(&it.actor),
            value(word(it.action().as_str_name(), "AUDIT_ACTION_")),
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
    Answer { names, rows: entries.iter().map(row).collect() }
}

/// What people want to see of them; before and after are in the other formats.
fn table(answer: &Answer<11>) -> Table {
    let mut table = Table::new([
        right("number"),
        left("at"),
        left("by"),
        left("action"),
        left("customer"),
        left("what"),
        left("because"),
    ]);
    for [number, at, actor, action, customer, subject, _, _, reason, ..] in &answer.rows {
        table.row([number, at, actor, action, customer, subject, reason].map(text));
    }
    table
}
