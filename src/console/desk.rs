//! What the pages work with.

use std::sync::Arc;

use super::session::Sessions;
use crate::access::door::Door;
use crate::clock::Clock;
use crate::grpc::questions::Inside;

/// Shared by all pages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk(Arc<Shared>);

#[derive(Debug)]
pub struct Shared {
    pub(super) inside: Inside,
    pub(super) door: Arc<Door>,
    pub(super) clock: Clock,
    pub(super) sessions: Sessions,
    /// Cookies go nowhere in the clear.
    pub(super) is_encrypted: bool,
}

impl Desk {
    #[must_use]
    pub fn new(inside: Inside, door: Arc<Door>, clock: Clock, is_encrypted: bool) -> Self {
        Self(Arc::new(Shared { inside, door, clock, sessions: Sessions::default(), is_encrypted }))
    }
}

impl std::ops::Deref for Desk {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
