//! `WatchMovements`: the journal as it grows.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::status::{record, report};
use super::{encode, v1};
use crate::books::book::OpenBooks;
use crate::ledger::error::RecordError;
use crate::store::entry::Sequence;

/// Entries of one stream that are encoded ahead of the client.
const READ_AHEAD: usize = 256;

/// The answers of a stream.
pub(super) type Watch = Pin<Box<dyn Stream<Item = Result<v1::WatchMovementsResponse, Status>> + Send>>;

/// Streams the journal of books behind a place until the client goes away or the service ends.
pub(super) fn watch(books: Arc<OpenBooks>, after: Sequence, draining: CancellationToken) -> Watch {
    let (answers, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(send_all(books, after, draining, answers));
    Box::pin(ReceiverStream::new(receiver))
}

async fn send_all(
    books: Arc<OpenBooks>,
    after: Sequence,
    draining: CancellationToken,
    answers: mpsc::Sender<Result<v1::WatchMovementsResponse, Status>>,
) {
    let mut reader = books.feed.after(after);
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
