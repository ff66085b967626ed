//! `deltabook explain`: explains a movement.

use std::io::{self, Write};
use std::process::ExitCode;

use chrono::DateTime;
use clap::{Args, ValueEnum};
use deltabook::grpc::v1;
use deltabook::grpc::wire::wire_enum::WireEnum;
use serde_json::{Value, json};

use crate::cli::movements;
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::target::{Target, cause_words, level_word, status_error};

/// Explain a movement: its rules, its lines, its overrides and the other level
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook explain 12
  deltabook explain 12 --format json

Ids are listed by `deltabook movements`. docs/classification.md describes the rules.")]
pub struct ExplainArgs {
    /// Id of the movement
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    target: Target,

    /// Output format
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    Text,
    Json,
}

pub async fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let request = v1::ExplainMovementRequest { movement_id: args.id.clone() };
    let explanation =
        args.target.movements().await?.explain_movement(request).await.map_err(status_error)?.into_inner();
    to_stdout(|out| match args.format {
        ExplainFormat::Text => write_text(out, &explanation),
        ExplainFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &as_json(&explanation))?;
            writeln!(out)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the explanation as text.
pub fn write_text(out: &mut dyn Write, explanation: &v1::ExplainMovementResponse) -> io::Result<()> {
    writeln!(out, "{}", explanation.summary)?;
    for reason in &explanation.reasons {
        writeln!(out, "  R{:<3}{:<27}{}", reason.rule, reason.title, reason.statement)?;
    }
    for other in &explanation.other_level {
        write_other_level(out, explanation, other)?;
    }
    for over in &explanation.overrides {
        let state = if over.in_force { "Override in force" } else { "Superseded override" };
        writeln!(out, "  {state}{}: {}", override_origin(over), over.statement)?;
    }
    if !explanation.replaced_by_movement_ids.is_empty() {
        writeln!(out, "  Replaced by: {}", explanation.replaced_by_movement_ids.join(", "))?;
    }
    for event in &explanation.events {
        let v1::LifecycleEvent { name, date, currency, mrr_delta, .. } = event;
        let state = match event.state() {
            v1::EventState::Sent => "sent".to_owned(),
            v1::EventState::Due => "due".to_owned(),
            v1::EventState::Scheduled | v1::EventState::Unspecified => format!("due on {}", event.due_on),
        };
        writeln!(out, "  Event on that date: {name} of {mrr_delta} {currency} on {date}, {state}")?;
    }
    Ok(())
}

fn write_other_level(
    out: &mut dyn Write,
    explanation: &v1::ExplainMovementResponse,
    other: &v1::OtherLevel,
) -> io::Result<()> {
    let level = match explanation.movement.as_ref().map(v1::Movement::level) {
        Some(v1::Level::Contract) => v1::Level::Customer,
        Some(v1::Level::Customer | v1::Level::Unspecified) | None => v1::Level::Contract,
    };
    let what = other.movement.as_ref().map_or_else(
        || "none".to_owned(),
        |it| {
            let name = it.subcategory().short_name();
            let amount = if it.renewed_mrr.is_empty() { &it.mrr_delta } else { &it.renewed_mrr };
            format!("movement {}, {name} of {amount} {}", it.movement_id, it.currency)
        },
    );
    writeln!(out, "  At {} level: {what}. {}", level_word(level), other.comparison)
}

/// The known parts of ` of 2026-03-01 by key:finance (agreed with the auditor)`.
fn override_origin(over: &v1::MovementOverride) -> String {
    let day = over.recorded_at.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
    let day = day.map(|at| format!(" of {}", at.date_naive())).unwrap_or_default();
    let who = if over.actor.is_empty() { String::new() } else { format!(" by {}", over.actor) };
    let reason = if over.reason.is_empty() { String::new() } else { format!(" ({})", over.reason) };
    format!("{day}{who}{reason}")
}

fn as_json(explanation: &v1::ExplainMovementResponse) -> Value {
    let movement = explanation.movement.as_slice();
    let reasons: Vec<Value> = explanation
        .reasons
        .iter()
        .map(|it| json!({ "rule": format!("R{}", it.rule), "title": it.title, "statement": it.statement }))
        .collect();
    let changes: Vec<Value> = explanation
        .changes
        .iter()
        .map(|it| {
            json!({
                "line_id": it.line_id,
                "subscription_id": it.subscription_id,
                "cause": it.cause.as_ref().map(cause_words),
                "before": it.before.as_ref().map(terms),
                "after": it.after.as_ref().map(terms),
            })
        })
        .collect();
    let events: Vec<Value> = explanation
        .events
        .iter()
        .map(|it| {
            json!({
                "event": it.name,
                "date": it.date,
                "currency": it.currency,
                "mrr_delta": it.mrr_delta,
                "state": it.state().short_name(),
                "due_on": it.due_on,
            })
        })
        .collect();
    let overrides: Vec<Value> = explanation.overrides.iter().map(over).collect();
    let other_level: Vec<Value> = explanation
        .other_level
        .iter()
        .map(|it| {
            let movement = it.movement.as_slice();
            json!({ "movement": movements::records(movement).objects().next(), "comparison": it.comparison })
        })
        .collect();
    json!({
        "movement": movements::records(movement).objects().next(),
        "summary": explanation.summary,
        "reasons": reasons,
        "changes": changes,
        "reversed_by_movement_id": explanation.reversed_by_movement_id,
        "replaced_by_movement_ids": explanation.replaced_by_movement_ids,
        "overrides": overrides,
        "other_level": other_level,
        "events": events,
    })
}

fn over(it: &v1::MovementOverride) -> Value {
    json!({
        "cause": it.cause.as_ref().map(cause_words),
        "revision": it.revision,
        "modification_type": it.modification_type().short_name(),
        "in_force": it.in_force,
        "reason": it.reason,
        "actor": it.actor,
        "recorded_at": it.recorded_at.and_then(|at| {
            DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?).map(|at| at.to_rfc3339())
        }),
        "statement": it.statement,
    })
}

fn terms(it: &v1::LineTerms) -> Value {
    json!({
        "counting": it.counting,
        "item_id": it.item_id,
        "quantity": it.quantity,
        "unit_price": it.unit_price,
        "mrr": it.mrr,
    })
}
