//! Errors → statuses: the one table of codes. Every status has an ErrorInfo; none shows internals.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::access::authenticator::Refused;
use crate::access::key_cache::Rejection;
use crate::bug;
use crate::bug::Bug;
use crate::codec::validation::Violation;
use crate::domain::facts::refusal::Refusal;
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
/// When to come back to a service that is shutting down.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A status with its reason.
pub(super) fn error_info(code: Code, reason: &str, message: &str) -> Status {
    Status::with_error_details(code, message, details(reason))
}

fn details(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new())
}

/// Statuses travel in HTTP/2 trailers, of which clients accept 8 to 16 KiB: more than this is counted, not listed.
const MAX_LISTED_BYTES: usize = 4 * 1024;

/// The first items whose texts fit, and how many there are besides.
fn listed<T>(items: &[T], size: impl Fn(&T) -> usize) -> (&[T], usize) {
    let mut bytes = 0_usize;
    let fitting = items.iter().take_while(|item| {
        bytes = bytes.saturating_add(size(item));
        bytes <= MAX_LISTED_BYTES
    });
    let count = fitting.count().max(1).min(items.len());
    let (shown, rest) = items.split_at(count);
    (shown, rest.len())
}

/// INVALID_ARGUMENT with every violation, as far as they fit.
pub(super) fn invalid(violations: Vec<Violation>) -> Status {
    let message = match violations.as_slice() {
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
        [] => "malformed".to_owned(),
    };
    let (shown, more) = listed(&violations, |it| it.field.len().saturating_add(it.description.len()));
    let mut fields: Vec<FieldViolation> =
        shown.iter().map(|it| FieldViolation::new(it.field.clone(), it.description.clone())).collect();
    if more > 0 {
        fields.push(FieldViolation::new("", format!("and {more} more violations")));
    }
    let mut details = details("INVALID_FIELDS");
    details.set_bad_request(fields);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// INVALID_ARGUMENT for one field.
pub(super) fn invalid_field(field: &str, description: impl ToString) -> Status {
    invalid(vec![Violation { field: field.to_owned(), description: description.to_string() }])
}

pub(super) fn not_found(what: &str) -> Status {
    error_info(Code::NotFound, "NOT_FOUND", what)
}

/// The client of a stream has sent nothing for so long.
pub(super) fn idle(waited: Duration) -> Status {
    let message = format!("nothing came for {} seconds; begin another stream", waited.as_secs());
    error_info(Code::DeadlineExceeded, "STREAM_IDLE", &message)
}

/// The client of an export has taken nothing for so long.
pub(super) fn export_idle(waited: Duration) -> Status {
    let message = format!("nothing was taken for {} seconds; begin another export", waited.as_secs());
    error_info(Code::DeadlineExceeded, "STREAM_IDLE", &message)
}

pub(super) fn too_many_exports() -> Status {
    exhausted("OVERLOADED", "too many exports are under way; try again later", RETRY_AFTER)
}

pub(super) fn no_key() -> Status {
    error_info(Code::Unauthenticated, "NO_KEY", "a key is needed: send it as `authorization: Bearer KEY`")
}

pub(super) fn rejected(rejection: Rejection) -> Status {
    let reason = match &rejection {
        Rejection::Wrong => "WRONG_KEY",
        Rejection::Expired => "KEY_EXPIRED",
        Rejection::Revoked => "KEY_REVOKED",
        Rejection::Store(error) => return store(error),
    };
    error_info(Code::Unauthenticated, reason, &rejection.to_string())
}

pub(super) fn role_not_allowed(role: Role, allowed: &[Role]) -> Status {
    let mut named: Vec<&str> = allowed.iter().map(|role| role.as_str()).collect();
    if !allowed.contains(&Role::Admin) {
        named.push(Role::Admin.as_str());
    }
    let message = format!("a key with the role {role} may not do this; it takes {}", named.join(" or "));
    error_info(Code::PermissionDenied, "ROLE_NOT_ALLOWED", &message)
}

/// Why somebody is not let in.
pub(super) fn door(refused: Refused) -> Status {
    let message = refused.to_string();
    match refused {
        Refused::NoKey => no_key(),
        Refused::Rejected(rejection) => rejected(rejection),
        Refused::TooManyWrongKeys(wait) => exhausted("TOO_MANY_WRONG_KEYS", &message, wait),
        Refused::TooManyRequests(wait) => exhausted("TOO_MANY_REQUESTS", &message, wait),
    }
}

fn exhausted(reason: &str, message: &str, wait: Duration) -> Status {
    let mut details = details(reason);
    details.set_retry_info(Some(wait));
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

pub(super) fn shelf(error: TenantError) -> Status {
    match error {
        TenantError::NoTenant(_) => error_info(Code::NotFound, "NO_TENANT", "there is no such tenant"),
        TenantError::TooMany => exhausted("OVERLOADED", "too many books are in use; try again", RETRY_AFTER),
        TenantError::ShuttingDown => record(RecordError::ShuttingDown),
        TenantError::Store(error) => store(&error),
    }
}

pub(super) fn record(error: RecordError) -> Status {
    match error {
        RecordError::Refused(problems) => refused(&problems),
        RecordError::ShuttingDown => {
            let mut details = details("SHUTTING_DOWN");
            details.set_retry_info(Some(RETRY_AFTER));
            Status::with_error_details(Code::Unavailable, "the service is shutting down; try again", details)
        }
        RecordError::Overloaded => exhausted("OVERLOADED", "too many requests are waiting; try again", RETRY_AFTER),
        RecordError::Conflict => error_info(
            Code::Aborted,
            "CONFLICT",
            "others changed the same customers at the same time, again and again; try again",
        ),
        RecordError::Bug(_) => internal(),
        RecordError::Store(error) => store(&error),
    }
}

pub(super) fn report(error: &ReportError) -> Status {
    match error {
        ReportError::Store(error) => store(error),
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

pub(super) fn overriding(error: OverrideError) -> Status {
    match error {
        OverrideError::Stale(_) | OverrideError::Raced => {
            error_info(Code::Aborted, "STALE_REVISION", &error.to_string())
        }
        OverrideError::NotInForce(_) => not_found(&error.to_string()),
        OverrideError::Refused(refusal) => refused_by_rule(&refusal),
        OverrideError::Record(error) => record(error),
    }
}

/// FAILED_PRECONDITION, in the words of the rule.
pub(super) fn refused_by_rule(refusal: &Refusal) -> Status {
    error_info(Code::FailedPrecondition, refusal.code(), &refusal.to_string())
}

pub(super) fn period(error: &PeriodError) -> Status {
    let reason = match error {
        PeriodError::NotOver(_) => "PERIOD_NOT_OVER",
        PeriodError::Closed(_) => "PERIOD_CLOSED",
        PeriodError::NotNext { .. } => "PERIOD_NOT_NEXT",
        PeriodError::NoneClosed | PeriodError::NotLast { .. } => "PERIOD_NOT_LAST",
        PeriodError::PolicyPending => "POLICY_PENDING",
        PeriodError::Conflict => {
            return error_info(Code::Aborted, "CONFLICT", "others write to the books all the time; try again");
        }
        PeriodError::Bug(_) => return internal(),
        PeriodError::Store(error) => return store(error),
    };
    error_info(Code::FailedPrecondition, reason, &error.to_string())
}

/// ALREADY_EXISTS with every rate that the set has otherwise; `other` says it of one.
pub(super) fn importing(error: RateImportError, other: impl Fn(&RateConflict) -> (String, String)) -> Status {
    let conflicts = match error {
        RateImportError::Conflicts(conflicts) => conflicts,
        RateImportError::Raced => {
            return error_info(Code::Aborted, "CONFLICT", "somebody else adds to the set at the same time; try again");
        }
        RateImportError::Store(error) => return store(&error),
    };
    let said: Vec<(String, String)> = conflicts.iter().map(other).collect();
    let (shown, more) = listed(&said, |(path, text)| path.len().saturating_add(text.len()));
    let mut details = details("RATE_EXISTS");
    for (path, text) in shown {
        details.add_precondition_failure_violation("RATE_EXISTS", path, text);
    }
    if more > 0 {
        details.add_precondition_failure_violation("MORE", "rates", format!("and {more} more rates"));
    }
    let message = match said.as_slice() {
        [(path, text)] => format!("{path}: {text}"),
        [(path, text), rest @ ..] => format!("{path}: {text} (and {} more)", rest.len()),
        [] => "there are other rates".to_owned(),
    };
    Status::with_error_details(Code::AlreadyExists, message, details)
}

/// Conflicting revisions first: they are ALREADY_EXISTS; everything else is refused by a rule.
fn refused(problems: &[RefusedFact]) -> Status {
    let conflict = problems.iter().find(|problem| matches!(problem.reason, RefusalReason::Conflict(_)));
    let (code, reason) = match (conflict, problems.first()) {
        (Some(conflict), _) => (Code::AlreadyExists, conflict.reason.code()),
        (None, Some(problem)) => (Code::FailedPrecondition, problem.reason.code()),
        (None, None) => return internal(),
    };
    let (shown, more) = listed(problems, |problem| problem_text(problem).len());
    let mut details = details(reason);
    for problem in shown {
        details.add_precondition_failure_violation(problem.reason.code(), fact_path(problem.index), problem.text());
    }
    let message = problems.first().map(problem_text).unwrap_or_default();
    let message = match problems.len() {
        0 | 1 => message,
        count => format!("{message} (and {} more)", count.saturating_sub(1)),
    };
    if more > 0 {
        details.add_precondition_failure_violation("MORE", "facts", format!("and {more} more refused facts"));
    }
    Status::with_error_details(code, message, details)
}

fn problem_text(problem: &RefusedFact) -> String {
    format!("{}: {}", fact_path(problem.index), problem.text())
}

pub(super) fn fact_path(index: usize) -> String {
    format!("facts[{index}]")
}

pub(super) fn store(error: &StoreError) -> Status {
    // An internal error is logged where it occurs.
    if matches!(error, StoreError::Bug(_)) {
        return internal();
    }
    tracing::error!(?error, "the store failed");
    if error.is_timeout() {
        return error_info(Code::DeadlineExceeded, "STATEMENT_TIMEOUT", "the store took longer than a statement may");
    }
    if error.is_busy() {
        return error_info(Code::Aborted, "STORE_BUSY", "another process is writing to the store; try again");
    }
    if error.is_away() {
        let mut details = details("STORE_UNAVAILABLE");
        details.set_retry_info(Some(RETRY_AFTER));
        return Status::with_error_details(Code::Unavailable, "the store cannot be reached; try again", details);
    }
    internal()
}

pub(super) fn internal() -> Status {
    error_info(Code::Internal, "INTERNAL", "internal error")
}

/// A fact of the store that no message can hold: what the store holds has passed the same checks.
impl From<EncodeError> for Status {
    fn from(error: EncodeError) -> Self {
        bug!("a stored fact cannot be written to the wire: {error}").into()
    }
}

impl From<Bug> for Status {
    fn from(Bug { .. }: Bug) -> Self {
        internal()
    }
}
