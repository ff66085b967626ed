//! What ends a stream before its client does.

use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::access::identity::Identity;
use crate::access::key_cache::KeyCache;
use crate::ledger::error::RecordError;

/// The end of the service, and of the key of whoever has the stream.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub draining: CancellationToken,
    pub keys: KeyCache,
}

impl Ending {
    /// Waits for it; gives what the client is told.
    pub async fn of(self, caller: Identity) -> Status {
        tokio::select! {
            () = self.draining.cancelled() => RecordError::ShuttingDown.into(),
            ended = self.keys.ended(&caller) => ended.into(),
        }
    }
}
