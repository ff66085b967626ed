//! `deltabook explain`: why a movement is what it is.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use deltabook::grpc::v1;
use serde_json::{Value, json};

use super::ask::{Whom, cause_words, told};
use super::movements;
use super::output::to_stdout;

/// Explain a movement: the rules that decided it, and the lines behind it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  deltabook explain 12
  deltabook explain 12 --format json

The ids are those of `deltabook movements`. The rules are those of docs/classification.md.")]
pub struct ExplainArgs {
    /// The movement's id
    #[arg(value_name = "ID")]
    id: String,

    #[command(flatten)]
    whom: Whom,

    /// How to write it
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
    let why = args.whom.connect().await?.explain_movement(request).await.map_err(told)?;
    to_stdout(|out| match args.format {
        ExplainFormat::Text => write_text(out, &why),
        ExplainFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &as_json(&why))?;
            writeln!(out)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The explanation for people.
pub fn write_text(out: &mut dyn Write, why: &v1::ExplainMovementResponse) -> io::Result<()> {
    writeln!(out, "{}", why.summary)?;
    for reason in &why.reasons {
        writeln!(out, "  R{:<3}{:<27}{}", reason.rule, reason.title, reason.statement)?;
    }
    for event in &why.events {
        writeln!(
            out,
            "  Event of the date: {} of {} {} on {}",
            event.name, event.mrr_delta, event.currency, event.date
        )?;
    }
    Ok(())
}

fn as_json(why: &v1::ExplainMovementResponse) -> Value {
    let movement = why.movement.as_slice();
    let reasons: Vec<Value> = why
        .reasons
        .iter()
        .map(|it| json!({ "rule": format!("R{}", it.rule), "title": it.title, "statement": it.statement }))
        .collect();
    let changes: Vec<Value> = why
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
    let events: Vec<Value> = why
        .events
        .iter()
        .map(|it| json!({ "event": it.name, "date": it.date, "currency": it.currency, "mrr_delta": it.mrr_delta }))
        .collect();
    json!({
        "movement": movements::answer(movement).objects().next(),
        "summary": why.summary,
        "reasons": reasons,
        "changes": changes,
        "reversed_by_movement_id": why.reversed_by_movement_id,
        "events": events,
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
