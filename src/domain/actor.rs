//! Who asks for a change: it goes into the audit trail.

use std::sync::Arc;

/// Who asks for a change, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// By the credential: a key, or somebody at the machine.
    pub actor: Arc<str>,
    pub request_id: Arc<str>,
}

impl Actor {
    #[must_use]
    pub fn new(actor: &str, request_id: &str) -> Self {
        Self { actor: actor.into(), request_id: request_id.into() }
    }

    /// The service itself, in what it does by the clock.
    #[must_use]
    pub fn service() -> Self {
        Self::new("deltabook", "")
    }
}
