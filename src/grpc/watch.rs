//! `WatchMovements`: the journal as it grows.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::status::{record, report};
use super::{encode, v1};
use crate::ledger::error::RecordError;
use crate::reports::follow::Follower;

/// Entries of one stream that are read ahead of the client.
const READ_AHEAD: usize = 256;
/// How often a stream looks for what other processes have committed.
const POLL: Duration = Duration::from_millis(200);

/// The answers of a stream.
pub(super) type Watch = Pin<Box<dyn Stream<Item = Result<v1::WatchMovementsResponse, Status>> + Send>>;

/// When to look for new entries, and when to end.
#[derive(Debug, Clone)]
pub(super) struct News {
    /// Told of what this process commits.
    pub committed: watch::Receiver<()>,
    pub draining: CancellationToken,
}

impl News {
    /// Of a store that only others write to.
    pub fn of_others() -> Self {
        Self { committed: watch::channel(()).1, draining: CancellationToken::new() }
    }
}

/// Streams what a follower finds until the client goes away or the service ends.
pub(super) fn watch(follower: Follower, news: News) -> Watch {
    let (answers, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(send_all(follower, news, answers));
    Box::pin(ReceiverStream::new(receiver))
}

async fn send_all(
    mut follower: Follower,
    News { mut committed, draining }: News,
    answers: mpsc::Sender<Result<v1::WatchMovementsResponse, Status>>,
) {
    loop {
        committed.mark_unchanged();
        let entries = match follower.next().await {
            Ok(entries) => entries,
            Err(error) => {
                let _nobody_listens = answers.send(Err(report(&error))).await;
                return;
            }
        };
        let is_behind = !entries.is_empty();
        for entry in &entries {
            let answer = v1::WatchMovementsResponse { movement: Some(encode::movement(entry)) };
            if answers.send(Ok(answer)).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = draining.cancelled() => {
                let _nobody_listens = answers.send(Err(record(RecordError::ShuttingDown))).await;
                return;
            }
            () = answers.closed() => return,
            () = wait(&mut committed), if !is_behind => {}
            () = std::future::ready(()), if is_behind => {}
        }
    }
}

/// Until this process commits something, or it is time to look what others did.
async fn wait(committed: &mut watch::Receiver<()>) {
    let told = async {
        if committed.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    // Nothing new in time is no error.
    let _looks_again = tokio::time::timeout(POLL, told).await;
}
