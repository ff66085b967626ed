//! `WatchMovements`: the journal as it grows.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::domain::journal::entry::Sequence;
use crate::grpc::v1;
use crate::grpc::wire::movement;
use crate::tenants::tenant_runtime::TenantRuntime;

/// Entries of one stream that are encoded ahead of the client.
const READ_AHEAD: usize = 256;

/// The answers of a stream.
pub(in crate::grpc) type Watch = Pin<Box<dyn Stream<Item = Result<v1::WatchMovementsResponse, Status>> + Send>>;

/// Streams the journal of books behind a place until the client goes away or its time has come.
pub(in crate::grpc) fn watch(
    books: Arc<TenantRuntime>,
    after: Sequence,
    ending: impl Future<Output = Status> + Send + 'static,
) -> Watch {
    let (answers, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(send_all(books, after, ending, answers));
    Box::pin(ReceiverStream::new(receiver))
}

async fn send_all(
    books: Arc<TenantRuntime>,
    after: Sequence,
    ending: impl Future<Output = Status>,
    answers: mpsc::Sender<Result<v1::WatchMovementsResponse, Status>>,
) {
    tokio::pin!(ending);
    let mut reader = books.feed.after(after);
    let end = loop {
        let entries = tokio::select! {
            status = &mut ending => break status,
            () = answers.closed() => return,
            next = reader.next() => match next {
                Ok(entries) => entries,
                Err(error) => break error.as_ref().into(),
            },
        };
        for entry in &entries {
            let answer = v1::WatchMovementsResponse { movement: Some(movement::to_message(entry)) };
            if answers.send(Ok(answer)).await.is_err() {
                return;
            }
        }
    };
    let _disconnected = answers.send(Err(end)).await;
}
