//! Actor of a change, for the audit trail.

use std::sync::Arc;

/// Actor of a change and the id of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name of the credential: a key, or a user of the machine.
    pub name: Arc<str>,
    pub request_id: Arc<str>,
}

impl Actor {
    #[must_use]
    pub fn new(name: &str, request_id: &str) -> Self {
        Self { name: name.into(), request_id: request_id.into() }
    }

    /// The service itself, for scheduled work.
    #[must_use]
    pub fn service() -> Self {
        Self::new("deltabook", "")
    }
}
