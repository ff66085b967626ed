//! What the pages work with.

use std::sync::Arc;

use crate::access::authenticator::Authenticator;
use crate::clock::Clock;
use crate::console::session::Sessions;
use crate::grpc::client::InProcess;

/// Shared by all pages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk(Arc<Shared>);

#[derive(Debug)]
pub struct Shared {
    pub(super) services: InProcess,
    pub(super) door: Arc<Authenticator>,
    pub(super) clock: Clock,
    pub(super) sessions: Sessions,
    /// Cookies go nowhere in the clear.
    pub(super) is_encrypted: bool,
}

impl Desk {
    #[must_use]
    pub fn new(services: InProcess, door: Arc<Authenticator>, clock: Clock, is_encrypted: bool) -> Self {
        Self(Arc::new(Shared { services, door, clock, sessions: Sessions::default(), is_encrypted }))
    }
}

impl std::ops::Deref for Desk {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
