//! Errors → statuses: the one table of codes and reasons. Every status has an ErrorInfo; none has internals.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::access::authenticator::Refused;
use crate::access::key_cache::{Ended, Rejection};
use crate::access::key_management::KeyError;
use crate::bug;
use crate::bug::Bug;
use crate::codec::validation::{Violation, Violations};
use crate::domain::facts::refusal::Refusal;
use crate::domain::ids::RateSet;
use crate::domain::rate::ExchangeRate;
use crate::domain::role::Role;
use crate::grpc::wire::facts::EncodeError;
use crate::ledger::commands::override_cause::OverrideError;
use crate::ledger::commands::period::PeriodError;
use crate::ledger::commands::rates::{RateConflict, RateImportError};
use crate::ledger::error::{RecordError, RefusalReason, RefusedFact};
use crate::reports::error::ReportError;
use crate::store::error::StoreError;
use crate::tenants::tenant_registry::TenantError;

const DOMAIN: &str = "deltabook";
/// The wait before another attempt, where nothing says how long it takes.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Statuses travel in HTTP/2 trailers, of which clients accept 8 to 16 KiB: more than this is counted, not listed.
const MAX_LISTED_BYTES: usize = 4 * 1024;

/// A status with its reason.
pub(super) fn error_info(code: Code, reason: &str, message: &str) -> Status {
    Status::with_error_details(code, message, details(reason))
}

fn details(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new())
}

/// A status whose request can be repeated after a wait.
fn retry_later(code: Code, reason: &str, message: &str, wait: Duration) -> Status {
    let mut details = details(reason);
    details.set_retry_info(Some(wait));
    Status::with_error_details(code, message, details)
}

fn internal() -> Status {
    error_info(Code::Internal, "INTERNAL", "internal error")
}

/// INVALID_ARGUMENT for one field.
pub(super) fn invalid_field(field: &str, description: impl ToString) -> Status {
    Violations::from(Violation { field: field.to_owned(), description: description.to_string() }).into()
}

pub(super) fn not_found(message: &str) -> Status {
    error_info(Code::NotFound, "NOT_FOUND", message)
}

/// The end of a stream whose client has sent nothing for this time.
pub(super) fn idle(waited: Duration) -> Status {
    let message = format!("nothing came for {} seconds; begin another stream", waited.as_secs());
    error_info(Code::DeadlineExceeded, "STREAM_IDLE", &message)
}

/// The end of an export whose client has taken nothing for this time.
pub(super) fn export_idle(waited: Duration) -> Status {
    let message = format!("nothing was taken for {} seconds; begin another export", waited.as_secs());
    error_info(Code::DeadlineExceeded, "STREAM_IDLE", &message)
}

pub(super) fn too_many_exports() -> Status {
    retry_later(Code::ResourceExhausted, "OVERLOADED", "too many exports are under way; try again later", RETRY_AFTER)
}

pub(super) fn no_key() -> Status {
    error_info(Code::Unauthenticated, "NO_KEY", "a key is needed: send it as `authorization: Bearer KEY`")
}

pub(super) fn role_not_allowed(role: Role, allowed: &[Role]) -> Status {
    let mut named: Vec<&str> = allowed.iter().map(|role| role.as_str()).collect();
    if !allowed.contains(&Role::Admin) {
        named.push(Role::Admin.as_str());
    }
    let message = format!("a key with the role {role} may not do this; it takes {}", named.join(" or "));
    error_info(Code::PermissionDenied, "ROLE_NOT_ALLOWED", &message)
}

impl From<Bug> for Status {
    /// The case is in the log already.
    fn from(Bug { .. }: Bug) -> Self {
        internal()
    }
}

impl From<StoreError> for Status {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Status {
    fn from(error: &StoreError) -> Self {
        tracing::error!(?error, "the store failed");
        if error.is_timeout() {
            let message = "a statement of the database exceeded its time limit";
            return error_info(Code::DeadlineExceeded, "STATEMENT_TIMEOUT", message);
        }
        if error.is_busy() {
            return error_info(Code::Aborted, "STORE_BUSY", "another process is writing to the store; try again");
        }
        if error.is_away() {
            let message = "the store cannot be reached; try again";
            return retry_later(Code::Unavailable, "STORE_UNAVAILABLE", message, RETRY_AFTER);
        }
        internal()
    }
}

impl From<EncodeError> for Status {
    /// A stored fact has passed the checks that a fact on the wire passes.
    fn from(error: EncodeError) -> Self {
        bug!("a stored fact cannot be written to the wire: {error}").into()
    }
}

impl From<Violations> for Status {
    /// INVALID_ARGUMENT with every violation, as far as they fit.
    fn from(violations: Violations) -> Self {
        let Some((first, rest)) = violations.split_first() else {
            return bug!("a request is refused without a violation").into();
        };
        let message = and_more(first.to_string(), rest.len());
        let (listed, more) = listed(&violations, |it| it.field.len().saturating_add(it.description.len()));
        let mut fields: Vec<FieldViolation> =
            listed.iter().map(|it| FieldViolation::new(it.field.clone(), it.description.clone())).collect();
        if more > 0 {
            fields.push(FieldViolation::new("", format!("and {more} more violations")));
        }
        let mut details = details("INVALID_FIELDS");
        details.set_bad_request(fields);
        Self::with_error_details(Code::InvalidArgument, message, details)
    }
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::NoKey => no_key(),
            Refused::Rejected(rejection) => rejection.into(),
            Refused::TooManyWrongKeys(wait) => {
                retry_later(Code::ResourceExhausted, "TOO_MANY_WRONG_KEYS", &message, wait)
            }
            Refused::TooManyRequests(wait) => retry_later(Code::ResourceExhausted, "TOO_MANY_REQUESTS", &message, wait),
        }
    }
}

impl From<Ended> for Status {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::NeedsKey => no_key(),
            Ended::Rejected(rejection) => rejection.into(),
        }
    }
}

impl From<Rejection> for Status {
    fn from(rejection: Rejection) -> Self {
        let reason = match &rejection {
            Rejection::Wrong => "WRONG_KEY",
            Rejection::Expired => "KEY_EXPIRED",
            Rejection::Revoked => "KEY_REVOKED",
            Rejection::Store(error) => return error.into(),
        };
        error_info(Code::Unauthenticated, reason, &rejection.to_string())
    }
}

impl From<KeyError> for Status {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => error.into(),
            KeyError::NoRandomness(error) => {
                tracing::error!(%error, "no key could be created");
                internal()
            }
        }
    }
}

impl From<TenantError> for Status {
    fn from(error: TenantError) -> Self {
        match error {
            TenantError::NoTenant(_) => error_info(Code::NotFound, "NO_TENANT", "there is no such tenant"),
            TenantError::TooMany => {
                let message = "too many tenants are in use; try again";
                retry_later(Code::ResourceExhausted, "OVERLOADED", message, RETRY_AFTER)
            }
            TenantError::ShuttingDown => RecordError::ShuttingDown.into(),
            TenantError::Store(error) => error.into(),
        }
    }
}

impl From<RecordError> for Status {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Refused(facts) => refused_facts(&facts),
            RecordError::ShuttingDown => {
                let message = "the service is shutting down; try again";
                retry_later(Code::Unavailable, "SHUTTING_DOWN", message, RETRY_AFTER)
            }
            RecordError::Overloaded => {
                let message = "too many requests are waiting; try again";
                retry_later(Code::ResourceExhausted, "OVERLOADED", message, RETRY_AFTER)
            }
            RecordError::Conflict => {
                let message = "other processes changed the same customers repeatedly at the same time; try again";
                error_info(Code::Aborted, "CONFLICT", message)
            }
            RecordError::Bug(bug) => bug.into(),
            RecordError::Store(error) => error.as_ref().into(),
        }
    }
}

/// ALREADY_EXISTS where a revision conflicts; otherwise FAILED_PRECONDITION.
fn refused_facts(facts: &[RefusedFact]) -> Status {
    let Some((first, rest)) = facts.split_first() else {
        return bug!("a recording is refused without a refused fact").into();
    };
    let conflict = facts.iter().find(|fact| matches!(fact.reason, RefusalReason::Conflict(_)));
    let (code, reason) = match conflict {
        Some(conflict) => (Code::AlreadyExists, conflict.reason.code()),
        None => (Code::FailedPrecondition, first.reason.code()),
    };
    let (listed, more) = listed(facts, |fact| refusal_text(fact).len());
    let mut details = details(reason);
    for fact in listed {
        details.add_precondition_failure_violation(fact.reason.code(), fact_path(fact.index), fact.text());
    }
    if more > 0 {
        details.add_precondition_failure_violation("MORE", "facts", format!("and {more} more refused facts"));
    }
    Status::with_error_details(code, and_more(refusal_text(first), rest.len()), details)
}

fn refusal_text(fact: &RefusedFact) -> String {
    format!("{}: {}", fact_path(fact.index), fact.text())
}

pub(super) fn fact_path(index: usize) -> String {
    format!("facts[{index}]")
}

impl From<Refusal> for Status {
    /// FAILED_PRECONDITION, in the words of the rule.
    fn from(refusal: Refusal) -> Self {
        error_info(Code::FailedPrecondition, refusal.code(), &refusal.to_string())
    }
}

impl From<OverrideError> for Status {
    fn from(error: OverrideError) -> Self {
        match error {
            OverrideError::Stale(_) | OverrideError::Raced => {
                error_info(Code::Aborted, "STALE_REVISION", &error.to_string())
            }
            OverrideError::NotInForce(_) => not_found(&error.to_string()),
            OverrideError::Refused(refusal) => refusal.into(),
            OverrideError::Record(error) => error.into(),
        }
    }
}

impl From<PeriodError> for Status {
    fn from(error: PeriodError) -> Self {
        let reason = match &error {
            PeriodError::NotOver(_) => "PERIOD_NOT_OVER",
            PeriodError::Closed(_) => "PERIOD_CLOSED",
            PeriodError::NotNext { .. } => "PERIOD_NOT_NEXT",
            PeriodError::NoneClosed | PeriodError::NotLast { .. } => "PERIOD_NOT_LAST",
            PeriodError::PolicyPending => "POLICY_PENDING",
            PeriodError::Conflict => {
                let message = "the ledger was written to at the same time, again and again; try again";
                return error_info(Code::Aborted, "CONFLICT", message);
            }
            PeriodError::Bug(_) => return internal(),
            PeriodError::Store(error) => return error.as_ref().into(),
        };
        error_info(Code::FailedPrecondition, reason, &error.to_string())
    }
}

impl From<ReportError> for Status {
    fn from(error: ReportError) -> Self {
        Self::from(&error)
    }
}

impl From<&ReportError> for Status {
    fn from(error: &ReportError) -> Self {
        match error {
            ReportError::Store(error) => error.into(),
            ReportError::OutOfRange(error) => {
                error_info(Code::OutOfRange, "AMOUNT_OUT_OF_RANGE", &format!("the sum cannot be shown: {error}"))
            }
            ReportError::NoRate { .. } => error_info(Code::FailedPrecondition, "NO_EXCHANGE_RATE", &error.to_string()),
            ReportError::Bug(_) | ReportError::Failed => internal(), // an internal error is logged where it occurs
            ReportError::TableWriter(error) => {
                tracing::error!(?error, "a file cannot be written");
                internal()
            }
        }
    }
}

impl From<RateImportError> for Status {
    fn from(error: RateImportError) -> Self {
        match error {
            RateImportError::Conflicts { rate_set, conflicts } => conflicting_rates(&rate_set, &conflicts),
            RateImportError::Raced => {
                let message = "another import added rates to the set at the same time; try again";
                error_info(Code::Aborted, "CONFLICT", message)
            }
            RateImportError::Store(error) => error.into(),
        }
    }
}

/// ALREADY_EXISTS with every rate that differs from the one in the set.
fn conflicting_rates(rate_set: &RateSet, conflicts: &[RateConflict]) -> Status {
    let texts: Vec<(String, String)> = conflicts.iter().map(|conflict| conflict_text(rate_set, conflict)).collect();
    let Some(((path, text), rest)) = texts.split_first() else {
        return bug!("an import is refused without a conflict").into();
    };
    let message = and_more(format!("{path}: {text}"), rest.len());
    let (listed, more) = listed(&texts, |(path, text)| path.len().saturating_add(text.len()));
    let mut details = details("RATE_EXISTS");
    for (path, text) in listed {
        details.add_precondition_failure_violation("RATE_EXISTS", path, text);
    }
    if more > 0 {
        details.add_precondition_failure_violation("MORE", "rates", format!("and {more} more rates"));
    }
    Status::with_error_details(Code::AlreadyExists, message, details)
}

fn conflict_text(rate_set: &RateSet, conflict: &RateConflict) -> (String, String) {
    let RateConflict { index, new: ExchangeRate { from, to, date, rate }, stored } = conflict;
    let text = format!("{rate_set} has {stored} from {from} to {to} on {date} already, and not {rate}");
    (format!("rates[{index}]"), format!("{text}; rates are never changed: a correction is another set"))
}

fn and_more(first: String, more: usize) -> String {
    if more == 0 { first } else { format!("{first} (and {more} more)") }
}

/// The first items whose texts fit, and how many there are besides.
fn listed<T>(items: &[T], size: impl Fn(&T) -> usize) -> (&[T], usize) {
    let mut bytes = 0_usize;
    let fitting = items.iter().take_while(|item| {
        // Saturated, a size is above the limit all the same.
        bytes = bytes.saturating_add(size(item));
        bytes <= MAX_LISTED_BYTES
    });
    let count = fitting.count().max(1).min(items.len());
    let (shown, rest) = items.split_at(count);
    (shown, rest.len())
}
