//! Overrides on the wire ↔ overrides, and what they change.

use std::collections::BTreeMap;

use tonic::Status;

use crate::codec::decode;
use crate::codec::dto::{RawFact, RawOverride, RawStepName};
use crate::codec::validation::{Violation, Violations};
use crate::domain::facts::fact::{Fact, Override, OverrideTarget, Revision};
use crate::domain::facts::refusal::Refusal;
use crate::grpc::services::billing::to_i32;
use crate::grpc::status::invalid_field;
use crate::grpc::v1;
use crate::grpc::wire::movement;
use crate::grpc::wire::timestamp::instant;
use crate::grpc::wire::wire_enum::{Mapped, WireEnum};
use crate::ledger::commands::override_cause::OverrideResult;
use crate::reports::error::ReportError;
use crate::reports::waterfall::delta::{Cell, waterfall_changes};
use crate::reports::waterfall::{Step, StepSum};
use crate::store::facts::overrides::StoredOverride;

/// An override of a request; its revision is 0, until the ledger chooses one.
pub(in crate::grpc) fn set(it: &v1::OverrideModificationTypeRequest) -> Result<Override, Status> {
    let raw = RawOverride {
        customer_id: it.customer_id.clone(),
        modification_type: v1::ModificationType::spelling(it.modification_type),
        levels: it.levels.iter().map(|level| v1::Level::spelling(*level)).collect(),
        subcategory: v1::ImpactSubcategory::spelling(it.subcategory),
        reason: it.reason.clone(),
        ..RawOverride::default()
    };
    let mut violations = Vec::new();
    if raw.modification_type.is_empty() {
        violations.push(required("modification_type"));
    }
    read(raw, it.cause.as_ref(), violations)
}

/// The clearing of an override.
pub(in crate::grpc) fn cleared(it: &v1::ClearOverrideRequest) -> Result<Override, Status> {
    let (customer_id, reason) = (it.customer_id.clone(), it.reason.clone());
    read(RawOverride { customer_id, reason, ..RawOverride::default() }, it.cause.as_ref(), Vec::new())
}

/// The revision that the caller has seen.
pub(in crate::grpc) fn expected(revision: Option<i64>) -> Result<Option<Revision>, Status> {
    let wrong = |_| invalid_field("expected_revision", "is below 0");
    revision.map(Revision::try_from).transpose().map_err(wrong)
}

fn read(mut raw: RawOverride, cause: Option<&v1::Cause>, mut violations: Vec<Violation>) -> Result<Override, Status> {
    if raw.reason.trim().is_empty() {
        violations.push(required("reason"));
    }
    let has_cause = match cause {
        None => Err(required("cause")),
        Some(it) if it.kind == i32::from(v1::CauseKind::RenewalLink) => {
            return Err(Refusal::RenewalLinkage.into());
        }
        Some(it) => name_cause(&mut raw, it),
    };
    let is_named = has_cause.is_ok();
    violations.extend(has_cause.err());
    match decode::fact(&RawFact::Override(raw), "") {
        Ok(Fact::Override(over)) if violations.is_empty() => return Ok(over),
        Ok(_) => {}
        Err(wrong) => {
            let in_request = wrong.into_iter().map(|it| Violation { field: field_of(&it.field), ..it });
            violations.extend(in_request.filter(|it| is_named || it.field != "cause"));
        }
    }
    Err(Violations::from(violations).into())
}

fn required(field: &str) -> Violation {
    Violation { field: field.to_owned(), description: "is required".to_owned() }
}

/// Puts the cause where a fact has it. Exactly the fields of its kind are there.
fn name_cause(raw: &mut RawOverride, it: &v1::Cause) -> Result<(), Violation> {
    let wrong = |field: &str, description: &str| Violation {
        field: format!("cause.{field}"),
        description: description.to_owned(),
    };
    let (line, order, date) = (it.line_id.clone(), it.change_order_id.clone(), it.date.clone());
    let is_order = it.kind() == v1::CauseKind::ChangeOrder;
    let is_step = it.kind() == v1::CauseKind::PriceStep;
    match v1::CauseKind::try_from(it.kind) {
        _ if !is_order && !order.is_empty() => return Err(wrong("change_order_id", "is only for CHANGE_ORDER")),
        _ if is_order && !line.is_empty() => return Err(wrong("line_id", "is not for CHANGE_ORDER")),
        _ if !is_step && !date.is_empty() => return Err(wrong("date", "is only for PRICE_STEP")),
        _ if !it.subscription_id.is_empty() => return Err(wrong("subscription_id", "is only for RENEWAL_LINK")),
        _ if is_order && order.is_empty() => return Err(wrong("change_order_id", "is required")),
        Ok(v1::CauseKind::Unspecified) => return Err(wrong("kind", "is required")),
        Err(_) => return Err(wrong("kind", "is not a kind of cause")),
        _ if !is_order && line.is_empty() => return Err(wrong("line_id", "is required")),
        Ok(v1::CauseKind::ChangeOrder) => raw.change_order_id = order,
        Ok(v1::CauseKind::LineStart) => raw.line_start = line,
        Ok(v1::CauseKind::TrialEnd) => raw.trial_end = line,
        Ok(v1::CauseKind::NaturalEnd) => raw.natural_end = line,
        Ok(v1::CauseKind::PriceStep) => raw.price_step = Some(RawStepName { line_id: line, start_date: date }),
        Ok(v1::CauseKind::RenewalLink) => return Err(wrong("kind", &Refusal::RenewalLinkage.to_string())),
    }
    Ok(())
}

/// The field of the request that a field of the fact came from.
fn field_of(field: &str) -> String {
    match field {
        "" => "cause",
        "change_order_id" => "cause.change_order_id",
        "line_start" | "trial_end" | "natural_end" | "price_step.line_id" => "cause.line_id",
        "price_step.start_date" => "cause.date",
        other => other,
    }
    .to_owned()
}

pub(in crate::grpc) fn to_wire(over: &Override, stored: Option<&StoredOverride>) -> v1::Override {
    v1::Override {
        customer_id: over.customer_id.to_string(),
        cause: Some(cause(&over.target)),
        revision: i64::try_from(over.revision).unwrap_or(i64::MAX),
        modification_type: over.modification_type.map_or(0, Mapped::number),
        levels: match over.modification_type {
            Some(_) => over.levels.as_slice().iter().map(|level| level.number()).collect(),
            None => Vec::new(),
        },
        subcategory: over.subcategory.map_or(0, Mapped::number),
        reason: over.reason.clone(),
        recorded_at: stored.map(|it| instant(it.recorded_at)),
        actor: stored.map(|it| it.actor.clone()).unwrap_or_default(),
    }
}

fn cause(target: &OverrideTarget) -> v1::Cause {
    let (kind, line, date) = match target {
        OverrideTarget::ChangeOrder(id) => {
            let kind = v1::CauseKind::ChangeOrder.into();
            return v1::Cause { kind, change_order_id: id.to_string(), ..v1::Cause::default() };
        }
        OverrideTarget::LineStart(line) => (v1::CauseKind::LineStart, line, String::new()),
        OverrideTarget::PriceStep(line, date) => (v1::CauseKind::PriceStep, line, date.to_string()),
        OverrideTarget::TrialEnd(line) => (v1::CauseKind::TrialEnd, line, String::new()),
        OverrideTarget::NaturalEnd(line) => (v1::CauseKind::NaturalEnd, line, String::new()),
    };
    v1::Cause { kind: kind.into(), line_id: line.to_string(), date, ..v1::Cause::default() }
}

/// The override, what became of it, and what it changed.
pub(in crate::grpc) fn answer(it: &OverrideResult) -> Result<(v1::Override, i32, v1::OverrideEffect), Status> {
    let recorded = &it.recorded;
    let new = recorded.entries.iter().filter(|entry| entry.reverses.is_none());
    let is_whole = recorded.entry_count <= recorded.entries.len();
    let changes = if is_whole { waterfall_changes(&recorded.entries) } else { Ok(BTreeMap::new()) };
    let changes = changes.map_err(ReportError::from)?;
    let effect = v1::OverrideEffect {
        before: it.before.iter().map(movement::to_message).collect(),
        after: new.map(movement::to_message).collect(),
        waterfall_changes: changes.iter().map(waterfall_change).collect(),
        entry_count: to_i32(recorded.entry_count),
    };
    Ok((to_wire(&it.over, it.stored.as_ref()), it.outcome.number(), effect))
}

fn waterfall_change((cell, sum): (&Cell, &StepSum)) -> v1::WaterfallChange {
    let column = match cell.step {
        Step::New => "new",
        Step::Reactivation => "reactivation",
        Step::Upsell => "upsell",
        Step::Downsell => "downsell",
        Step::Churn => "churn",
        Step::Ignored => "ignored",
    };
    v1::WaterfallChange {
        level: cell.level.number(),
        month: cell.month.to_string(),
        currency: cell.currency.to_string(),
        column: column.to_owned(),
        amount: sum.amount.to_string(),
        count: sum.movements,
        prior_period_adjustment: cell.is_adjustment,
        counts_from: cell.counts_from.map(|date| date.to_string()).unwrap_or_default(),
    }
}
