//! Explanation of a movement → response.

use crate::codec::encode as raw;
use crate::domain::facts::fact::Fact;
use crate::domain::journal::movement::Levels;
use crate::domain::replay::explain::{LineChange, LineSnapshot};
use crate::grpc::v1;
use crate::grpc::wire::encode::{cause, shown};
use crate::grpc::wire::facts::{EncodeError, discount_to_wire, interval_to_wire, to_wire};
use crate::grpc::wire::movement;
use crate::grpc::wire::timestamp::instant;
use crate::grpc::wire::wire_enum::Mapped;
use crate::reports::explain::level_comparison::Counterpart;
use crate::reports::explain::override_history::FinanceWord;
use crate::reports::explain::reasons::Reason;
use crate::reports::explain::{Explanation, ToldEvent};

pub(in crate::grpc) fn explanation(it: &Explanation) -> Result<v1::ExplainMovementResponse, EncodeError> {
    let facts = it.facts.iter().filter(|fact| !matches!(fact, Fact::Override(_)));
    Ok(v1::ExplainMovementResponse {
        movement: Some(movement::to_message(&it.entry)),
        summary: it.summary.clone(),
        reasons: it.reasons.iter().map(reason).collect(),
        changes: it.changes.iter().map(line_change).collect::<Result<_, _>>()?,
        facts: facts.map(|it| to_wire(raw::fact(it))).collect::<Result<_, _>>()?,
        reversed_by_movement_id: shown(it.reversed_by.as_ref()),
        events: it.events.iter().map(event).collect(),
        replaced_by_movement_ids: it.replaced_by.iter().map(ToString::to_string).collect(),
        overrides: it.finance_words.iter().map(override_of).collect(),
        other_level: it.other_level.iter().map(counterpart).collect(),
    })
}

fn reason(reason: &Reason) -> v1::Reason {
    v1::Reason {
        rule: i32::from(reason.rule.number()),
        title: reason.rule.title().to_owned(),
        statement: reason.statement.clone(),
    }
}

fn line_change(it: &LineChange) -> Result<v1::LineChange, EncodeError> {
    Ok(v1::LineChange {
        line_id: it.line_id.to_string(),
        subscription_id: it.subscription_id.to_string(),
        cause: Some(cause(&it.cause)),
        before: Some(line_terms(&it.before)?),
        after: Some(line_terms(&it.after)?),
    })
}

fn line_terms(it: &LineSnapshot) -> Result<v1::LineTerms, EncodeError> {
    Ok(v1::LineTerms {
        counting: it.counting,
        item_id: it.item_id.to_string(),
        quantity: it.quantity.to_string(),
        unit_price: shown(it.unit_price.as_ref()),
        discount: it.discount.map(|it| discount_to_wire(raw::discount(it))),
        interval: it.interval.map(|it| interval_to_wire(raw::interval(it))).transpose()?,
        mrr: it.mrr.to_string(),
    })
}

fn event(it: &ToldEvent) -> v1::LifecycleEvent {
    let ToldEvent { event, state } = it;
    v1::LifecycleEvent {
        name: event.kind.name().to_string(),
        date: event.date.to_string(),
        currency: event.kind.currency_text().unwrap_or_default().to_owned(),
        mrr_delta: shown(event.kind.change().map(|change| &change.mrr_delta)),
        state: state.number(),
        due_on: event.due_on().to_string(),
    }
}

fn counterpart(it: &Counterpart) -> v1::OtherLevel {
    v1::OtherLevel { movement: it.entry.as_ref().map(movement::to_message), comparison: it.comparison.clone() }
}

fn override_of(it: &FinanceWord) -> v1::MovementOverride {
    let over = &it.stored.over;
    v1::MovementOverride {
        cause: Some(cause(&over.target.cause())),
        revision: i64::try_from(over.revision).unwrap_or(i64::MAX),
        modification_type: over.modification_type.map_or(0, Mapped::number),
        levels: over.modification_type.map(|_| levels(over.levels)).unwrap_or_default(),
        subcategory: over.subcategory.map_or(0, Mapped::number),
        reason: over.reason.clone(),
        recorded_at: Some(instant(it.stored.recorded_at)),
        actor: it.stored.actor.clone(),
        in_force: it.is_in_force,
        statement: it.statement.clone(),
    }
}

fn levels(levels: Levels) -> Vec<i32> {
    levels.as_slice().iter().map(|level| level.number()).collect()
}
