//! Shared state of the pages.

use std::sync::Arc;

use crate::access::authenticator::Authenticator;
use crate::clock::Clock;
use crate::console::session::Sessions;
use crate::grpc::client::InProcess;

/// State shared by all pages; cheap to clone.
#[derive(Debug, Clone)]
pub struct ConsoleState(Arc<Shared>);

#[derive(Debug)]
pub struct Shared {
    pub(super) services: InProcess,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) clock: Clock,
    pub(super) sessions: Sessions,
    /// Cookies are marked `Secure`: browsers send them over TLS only.
    pub(super) is_encrypted: bool,
}

impl ConsoleState {
    #[must_use]
    pub fn new(services: InProcess, authenticator: Arc<Authenticator>, clock: Clock, is_encrypted: bool) -> Self {
        Self(Arc::new(Shared { services, authenticator, clock, sessions: Sessions::default(), is_encrypted }))
    }
}

impl std::ops::Deref for ConsoleState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
