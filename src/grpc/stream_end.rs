//! End of a stream before its client ends it: shutdown, or the end of its key.

use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::access::identity::Identity;
use crate::access::key_cache::KeyCache;
use crate::ledger::error::RecordError;

/// Ends a stream at the shutdown of the service, or when the caller's key ends.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub draining: CancellationToken,
    pub keys: KeyCache,
}

impl Ending {
    /// Waits for the end; returns the status for the client.
    pub async fn of(self, caller: Identity) -> Status {
        tokio::select! {
            () = self.draining.cancelled() => RecordError::ShuttingDown.into(),
            ended = self.keys.ended(&caller) => ended.into(),
        }
    }
}
