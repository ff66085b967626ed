//! Facts that have no effect, and why (R15: what does not fit is void, never an error).

use std::fmt;

use chrono::NaiveDate;

use crate::domain::facts::fact::{ChargeKind, FactKey};
use crate::domain::ids::LineId;
use crate::domain::rule::Rule;

/// A fact, or a fact as far as it concerns one line, that has no effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Void {
    pub fact: FactKey,
    /// The line on which an order has no effect; None: the fact as a whole.
    pub line_id: Option<LineId>,
    pub reason: VoidReason,
}

/// Why a fact has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VoidReason {
    /// By a revision (R17).
    Voided,
    NotRecurring(ChargeKind),
    NeverActivated,
    ActivatedAfterEnd {
        end: NaiveDate,
    },
    Cancelled {
        terminated_on: NaiveDate,
    },
    NotOnSubscription,
    BeforeStart {
        start: NaiveDate,
    },
    AfterEnd {
        end: NaiveDate,
    },
    ActivationElsewhere {
        start: NaiveDate,
    },
    AlreadyActivated {
        start: NaiveDate,
    },
    RenewsNothing,
    TerminatedBeforeRenewal {
        terminated_on: NaiveDate,
    },
    RenewalEndTooEarly {
        not_after: NaiveDate,
    },
    AlreadySuspended,
    NotSuspended,
    /// An override for a cause that does not occur.
    NoSuchCause,
}

impl VoidReason {
    /// A stable code for machines.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Voided => "VOIDED",
            Self::NotRecurring(_) => "NOT_RECURRING",
            Self::NeverActivated => "NEVER_ACTIVATED",
            Self::ActivatedAfterEnd { .. } => "ACTIVATED_AFTER_END",
            Self::Cancelled { .. } => "CANCELLED_BEFORE_START",
            Self::NotOnSubscription => "LINE_NOT_ON_SUBSCRIPTION",
            Self::BeforeStart { .. } => "BEFORE_START",
            Self::AfterEnd { .. } => "AFTER_END",
            Self::ActivationElsewhere { .. } => "ACTIVATION_NOT_ON_START",
            Self::AlreadyActivated { .. } => "ALREADY_ACTIVATED",
            Self::RenewsNothing => "RENEWS_NOTHING",
            Self::TerminatedBeforeRenewal { .. } => "TERMINATED_BEFORE_RENEWAL",
            Self::RenewalEndTooEarly { .. } => "RENEWAL_END_TOO_EARLY",
            Self::AlreadySuspended => "ALREADY_SUSPENDED",
            Self::NotSuspended => "NOT_SUSPENDED",
            Self::NoSuchCause => "NO_SUCH_CAUSE",
        }
    }

    /// The rule behind it.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::Voided => Rule::Revisions,
            Self::NotRecurring(_) => Rule::RecurringOnly,
            Self::NeverActivated
            | Self::ActivatedAfterEnd { .. }
            | Self::Cancelled { .. }
            | Self::BeforeStart { .. }
            | Self::AfterEnd { .. }
            | Self::ActivationElsewhere { .. }
            | Self::AlreadyActivated { .. }
            | Self::RenewalEndTooEarly { .. } => Rule::InForce,
            Self::RenewsNothing | Self::TerminatedBeforeRenewal { .. } => Rule::Renewal,
            Self::AlreadySuspended | Self::NotSuspended => Rule::Suspension,
            Self::NoSuchCause => Rule::ModificationType,
            Self::NotOnSubscription => Rule::Derived,
        }
    }
}

impl fmt::Display for VoidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Voided => f.write_str("a revision voided it"),
            Self::NotRecurring(kind) => write!(f, "a {kind} line has no MRR"),
            Self::NeverActivated => f.write_str("the line is pending and no ACTIVATION starts it"),
            Self::ActivatedAfterEnd { end } => write!(f, "the line was to be activated on or after its end, {end}"),
            Self::Cancelled { terminated_on } => {
                write!(f, "the line was terminated on {terminated_on}, on or before its start")
            }
            Self::NotOnSubscription => f.write_str("the line is not on the order's subscription"),
            Self::BeforeStart { start } => write!(f, "the line starts later, on {start}"),
            Self::AfterEnd { end } => write!(f, "the line ends on {end}; from then on nothing acts on it"),
            Self::ActivationElsewhere { start } => write!(f, "the line starts by itself on {start}, on another date"),
            Self::AlreadyActivated { start } => write!(f, "another ACTIVATION starts the line on {start}"),
            Self::RenewsNothing => f.write_str("it covers no line: none of them had started or was there to renew"),
            Self::TerminatedBeforeRenewal { terminated_on } => {
                write!(f, "the line has a TERMINATION of {terminated_on}, on or before the renewal")
            }
            Self::RenewalEndTooEarly { not_after } => {
                write!(f, "the new end is not after {not_after}, the later of the renewal's date and the line's end")
            }
            Self::AlreadySuspended => f.write_str("the line is suspended already"),
            Self::NotSuspended => f.write_str("the line is not suspended"),
            Self::NoSuchCause => f.write_str("the cause that it names does not occur"),
        }
    }
}
