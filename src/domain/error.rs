//! Failures of a derivation.

use std::fmt;
use std::panic::Location;

use crate::domain::money::OutOfRange;

/// A failure of a derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// The customer's amounts leave the range of the journal.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The program is wrong, not the facts.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// A case that the rules rule out. It fails the derivation, and is never replaced by a default: the caller logs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InternalError {
    case: &'static str,
    place: &'static Location<'static>,
}

impl InternalError {
    /// The case, with the place of the call.
    #[must_use]
    #[track_caller]
    pub fn new(case: &'static str) -> Self {
        Self { case, place: Location::caller() }
    }

    #[must_use]
    pub fn case(&self) -> &'static str {
        self.case
    }

    /// The place in the source that found the case.
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }
}

impl std::error::Error for InternalError {}

impl fmt::Display for InternalError {
    /// `internal error: an index of another arena (src/domain/replay/contract.rs:57)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error: {} ({}:{})", self.case, self.place.file(), self.place.line())
    }
}
