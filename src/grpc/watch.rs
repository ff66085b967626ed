//! `WatchMovements`: the journal as it grows.

use std::pin::Pin;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::status::{record, report};
use super::{encode, v1};
use crate::ledger::error::RecordError;
use crate::reports::feed::Reader;

/// Entries of one stream that are encoded ahead of the client.
const READ_AHEAD: usize = 256;

/// The answers of a stream.
pub(super) type Watch = Pin<Box<dyn Stream<Item = Result<v1::WatchMovementsResponse, Status>> + Send>>;

/// Streams what a reader finds until the client goes away or the service ends.
pub(super) fn watch(reader: Reader, draining: CancellationToken) -> Watch {
    let (answers, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(send_all(reader, draining, answers));
    Box::pin(ReceiverStream::new(receiver))
}

async fn send_all(
    mut reader: Reader,
    draining: CancellationToken,
    answers: mpsc::Sender<Result<v1::WatchMovementsResponse, Status>>,
) {
    let end = loop {
        let entries = tokio::select! {
            () = draining.cancelled() => break record(RecordError::ShuttingDown),
            () = answers.closed() => return,
            next = reader.next() => match next {
                Ok(entries) => entries,
                Err(error) => break report(&error),
            },
        };
        for entry in &entries {
            let answer = v1::WatchMovementsResponse { movement: Some(encode::movement(entry)) };
            if answers.send(Ok(answer)).await.is_err() {
                return;
            }
        }
    };
    let _nobody_listens = answers.send(Err(end)).await;
}
