//! The audit trail and the periods on the wire.

use crate::codec::decode::free_text;
use crate::codec::month::Month;
use crate::codec::validation::{Form, Violations};
use crate::domain::ids::CustomerId;
use crate::domain::journal::audit::{Action, Head};
use crate::grpc::v1;
use crate::grpc::wire::decode;
use crate::grpc::wire::timestamp::{self, instant};
use crate::grpc::wire::wire_enum::Mapped;
use crate::ledger::verify::audit_trail::{TrailDefect, TrailVerification};
use crate::store::audit::{AuditEntry, AuditFilter};
use crate::store::tenants::closing::Closing;

/// The digits of a hash.
const HASH_DIGITS: usize = 64;

pub(in crate::grpc) fn filter(it: &v1::ListAuditEntriesRequest) -> Result<AuditFilter, Violations> {
    let mut form = Form::at("");
    let mut at = |field: &str, value: Option<prost_types::Timestamp>| {
        value.and_then(|value| form.take(field, timestamp::parse(value)))
    };
    let (from, until) = (at("recorded_from", it.recorded_from), at("recorded_until", it.recorded_until));
    let filter = AuditFilter {
        customer_id: decode::optional(&mut form, "customer_id", &it.customer_id, CustomerId::parse),
        action: form.take("action", Action::of_number(it.action)).flatten(),
        actor: decode::optional(&mut form, "actor", &it.actor, free_text),
        from,
        until,
    };
    form.finish(Some(filter))
}

pub(in crate::grpc) fn entry(it: &AuditEntry) -> v1::AuditEntry {
    v1::AuditEntry {
        sequence: it.sequence,
        recorded_at: Some(instant(it.recorded_at)),
        actor: it.actor.clone(),
        action: action(it),
        customer_id: it.customer_id.clone(),
        subject: it.subject.clone(),
        before: it.before.clone(),
        after: it.after.clone(),
        reason: it.reason.clone(),
        request_id: it.request_id.clone(),
        hash: it.hash.clone(),
    }
}

/// The action of a row. A row that was changed by hand can have an action that does not exist: it is listed without one,
/// so that the trail can be read around it.
fn action(it: &AuditEntry) -> i32 {
    let Some(action) = Action::parse(&it.action) else {
        tracing::error!(sequence = it.sequence, action = it.action, "a row of the audit trail has an unknown action");
        return v1::AuditAction::Unspecified.into();
    };
    action.number()
}

pub(in crate::grpc) fn head(it: &Head) -> v1::AuditHead {
    v1::AuditHead { sequence: it.sequence, hash: it.hash.clone() }
}

/// A head that was kept elsewhere.
pub(in crate::grpc) fn kept(it: &v1::AuditHead) -> Result<Head, Violations> {
    let mut form = Form::at("expected");
    form.require(it.sequence >= 0, "sequence", "is below 0");
    let is_hash = it.hash.len() == HASH_DIGITS && it.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    form.require(is_hash, "hash", "is not 64 hexadecimal digits");
    form.finish(Some(Head { sequence: it.sequence, hash: it.hash.to_ascii_lowercase() }))
}

pub(in crate::grpc) fn verified(it: &TrailVerification) -> v1::VerifyAuditTrailResponse {
    v1::VerifyAuditTrailResponse {
        verified_count: it.rows,
        head: it.head.as_ref().map(head),
        problem: it.defect.as_ref().map(ToString::to_string).unwrap_or_default(),
        problem_sequence: it.defect.as_ref().map(TrailDefect::row),
    }
}

pub(in crate::grpc) fn period(it: &Closing) -> v1::Period {
    let state = if it.is_closed { v1::PeriodState::Closed } else { v1::PeriodState::Open };
    v1::Period {
        month: Month::of(it.month).to_string(),
        state: state.into(),
        digest: it.digest.clone().unwrap_or_default(),
        recorded_at: Some(instant(it.recorded_at)),
        actor: it.actor.clone(),
        reason: it.reason.clone(),
    }
}
