//! Reasons for which facts are not recorded.

use std::sync::Arc;

use crate::bug::Bug;
use crate::domain::facts::fact::{FactKey, Revision};
use crate::domain::facts::refusal::Refusal;
use crate::store::error::StoreError;

/// A fact that is refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFact {
    /// Index of the fact in the request.
    pub index: usize,
    pub key: FactKey,
    pub reason: RefusalReason,
    /// Older fact that depends on what this fact would take away.
    pub needed_by: Option<FactKey>,
}

impl RefusedFact {
    /// The reason as a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.needed_by {
            None => self.reason.to_string(),
            Some(key) => format!("it takes away what {key} refers to: {}", self.reason),
        }
    }
}

/// Reason for which one fact is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    /// R17: the same id and revision, with other content.
    #[error("revision {0} of this id was sent before, with other content; send the change as a higher revision")]
    Conflict(Revision),
    /// R15.
    #[error("{0}")]
    Rule(#[from] Refusal),
}

impl RefusalReason {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "REVISION_CONFLICT",
            Self::Rule(refusal) => refusal.code(),
        }
    }
}

/// Failure of a recording. Nothing of the request is stored, except where the variant says so.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    /// Not empty.
    #[error("the facts are refused")]
    Refused(Vec<RefusedFact>),
    #[error("too many requests are waiting")]
    Overloaded,
    #[error("the service is shutting down")]
    ShuttingDown,
    /// Other processes kept changing the same customers.
    #[error("the same customers are being changed by other requests")]
    Conflict,
    #[error(transparent)]
    Bug(#[from] Bug),
    /// Failure of the database. If the connection is lost during a commit, the facts may be stored; sent again, they are
    /// UNCHANGED.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Bug(bug) => Self::Bug(bug),
            error => Self::Store(Arc::new(error)),
        }
    }
}
