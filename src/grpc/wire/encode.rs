//! Movements and reports → responses.

use chrono::{DateTime, Utc};

use crate::codec::envelope::Envelope;
use crate::domain::facts::fact::FactKind;
use crate::domain::facts::void::Void;
use crate::domain::journal::movement::Cause;
use crate::grpc::v1;
use crate::grpc::wire::timestamp::instant;
use crate::reports::deliveries::SinkState;
use crate::store::events::delivery::Delivery;

pub(in crate::grpc) fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// The kind of a recorded fact. No message of the contract has an override in it, so that none is recorded as a fact.
pub(in crate::grpc) fn fact_kind(kind: FactKind) -> i32 {
    let kind = match kind {
        FactKind::Customer => v1::FactKind::Customer,
        FactKind::Line => v1::FactKind::SubscriptionLine,
        FactKind::Order => v1::FactKind::ChangeOrder,
        FactKind::Charge => v1::FactKind::Charge,
        FactKind::Override => v1::FactKind::Unspecified,
    };
    kind.into()
}

pub(in crate::grpc) fn cause(cause: &Cause) -> v1::Cause {
    let kind = match cause {
        Cause::LineStart(_) => v1::CauseKind::LineStart,
        Cause::TrialEnd(_) => v1::CauseKind::TrialEnd,
        Cause::PriceStep(..) => v1::CauseKind::PriceStep,
        Cause::ChangeOrder(_) => v1::CauseKind::ChangeOrder,
        Cause::NaturalEnd(_) => v1::CauseKind::NaturalEnd,
        Cause::RenewalLink(..) => v1::CauseKind::RenewalLink,
    };
    let mut wire = v1::Cause { kind: kind.into(), ..v1::Cause::default() };
    match cause {
        Cause::ChangeOrder(order) => wire.change_order_id = order.to_string(),
        Cause::LineStart(line) | Cause::TrialEnd(line) | Cause::NaturalEnd(line) => wire.line_id = line.to_string(),
        Cause::PriceStep(line, date) => {
            wire.line_id = line.to_string();
            wire.date = date.to_string();
        }
        Cause::RenewalLink(line, by) => {
            wire.line_id = line.to_string();
            wire.subscription_id = by.to_string();
        }
    }
    wire
}

pub(in crate::grpc) fn void_reason(void: &Void) -> v1::VoidReason {
    v1::VoidReason {
        line_id: shown(void.line_id.as_ref()),
        reason: void.reason.code().to_owned(),
        message: void.reason.to_string(),
        rule: i32::from(void.reason.rule().number()),
    }
}

pub(in crate::grpc) fn sink(it: &SinkState, now: DateTime<Utc>) -> v1::Sink {
    let progress = &it.progress;
    let lag = it.oldest_undelivered_at.map(|oldest| now.signed_duration_since(oldest).num_seconds().max(0));
    v1::Sink {
        name: it.name.clone(),
        position: progress.position,
        last_position: it.last_position,
        oldest_undelivered_at: it.oldest_undelivered_at.map(instant),
        lag_seconds: lag.unwrap_or_default(),
        waiting_count: it.waiting,
        dead_count: it.dead,
        failures: progress.failures,
        paused_until: progress.paused_until.map(instant),
        delivered_at: progress.delivered_at.map(instant),
        disabled_reason: shown(progress.disabled.as_ref()),
        journal_position: progress.journal_position,
        last_journal_position: it.last_journal_position,
    }
}

pub(in crate::grpc) fn delivery((it, envelope): &(Delivery, Option<Envelope>)) -> v1::Delivery {
    let of_event = |text: fn(&Envelope) -> String| envelope.as_ref().map(text).unwrap_or_default();
    v1::Delivery {
        position: it.sequence,
        event_id: of_event(|event| event.id.clone()),
        event_name: of_event(|event| event.event.to_string()),
        event_date: of_event(|event| event.date.to_string()),
        customer_id: it.customer_id.to_string(),
        attempts: it.attempts,
        first_tried_at: it.first_tried_at.map(instant),
        next_attempt_at: (!it.is_dead).then(|| instant(it.next_at)),
        reason: it.reason.clone(),
    }
}
