//! Why facts are not recorded.

use std::sync::Arc;

use crate::domain::facts::fact::{FactKey, Revision};
use crate::domain::facts::refusal::Refusal;
use crate::store::error::StoreError;

/// What is wrong with one of the facts of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its place in the request.
    pub index: usize,
    pub key: FactKey,
    pub kind: ProblemKind,
    /// The older fact for which it is refused: this one takes away what that one refers to.
    pub needed_by: Option<FactKey>,
}

impl Problem {
    /// What is wrong, in a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.needed_by {
            None => self.kind.to_string(),
            Some(key) => format!("it takes away what {key} refers to: {}", self.kind),
        }
    }
}

/// Kinds of problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// R17: the same id and revision, other content.
    #[error("revision {0} of this id was sent before, with other content; send the change as a higher revision")]
    Conflict(Revision),
    /// R15.
    #[error("{0}")]
    Refused(#[from] Refusal),
}

impl ProblemKind {
    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "REVISION_CONFLICT",
            Self::Refused(refusal) => refusal.code(),
        }
    }
}

/// Why a request was not recorded; nothing of it is stored, but where it says so.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    /// Not empty.
    #[error("the facts are refused")]
    Problems(Vec<Problem>),
    #[error("too many requests are waiting")]
    Overloaded,
    #[error("the service is shutting down")]
    ShuttingDown,
    /// Other processes changed the same customers again and again.
    #[error("others changed the same customers at the same time")]
    Conflict,
    #[error("recording failed")]
    Failed,
    /// When the connection was lost at the end of a commit, the facts may be stored; sent again, they are UNCHANGED.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
