//! What ends a stream before its client does.

use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::status;
use crate::access::identity::Identity;
use crate::access::ring::{Ended, KeyRing};
use crate::ledger::error::RecordError;

/// The end of the service, and of the key of whoever has the stream.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub draining: CancellationToken,
    pub keys: KeyRing,
}

impl Ending {
    /// Waits for it; gives what the client is told.
    pub async fn of(self, who: Identity) -> Status {
        tokio::select! {
            () = self.draining.cancelled() => status::record(RecordError::ShuttingDown),
            ended = self.keys.ended(&who) => match ended {
                Ended::NeedsKey => status::no_key(),
                Ended::Rejected(rejection) => status::rejected(rejection),
            },
        }
    }
}
