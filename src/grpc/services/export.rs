//! Reports as files: a stream of their bytes. What the client does not take is not read.

use std::pin::Pin;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::codec::tabular::table_writer::Format;
use crate::grpc::limits::{EXPORT_CHUNK_BYTES, EXPORT_PATIENCE};
use crate::grpc::status::{export_idle, invalid_field};
use crate::grpc::v1;
use crate::grpc::wire::wire_enum::Mapped;
use crate::reports::export::Export;

/// Pieces that are ready before the client takes them.
const READ_AHEAD: usize = 2;

/// The pieces of a file.
pub(in crate::grpc) type Chunks = Pin<Box<dyn Stream<Item = Result<v1::ExportChunk, Status>> + Send>>;

pub(in crate::grpc) fn format(value: i32) -> Result<Format, Status> {
    Format::of_number_or(value, Format::Csv).map_err(|problem| invalid_field("format", problem))
}

/// Streams an export until all of it is sent, the client goes away, or its time has come.
pub(in crate::grpc) fn stream(
    export: Export,
    place: OwnedSemaphorePermit,
    ending: impl Future<Output = Status> + Send + 'static,
) -> Chunks {
    let (chunks, receiver) = mpsc::channel(READ_AHEAD);
    tokio::spawn(async move {
        let end = tokio::select! {
            biased;
            () = chunks.closed() => return,
            status = ending => Err(status),
            sent = send_all(export, &chunks) => sent,
        };
        if let Err(status) = end {
            let _disconnected = chunks.send_timeout(Err(status), EXPORT_PATIENCE).await;
        }
        drop(place);
    });
    Box::pin(ReceiverStream::new(receiver))
}

async fn send_all(mut export: Export, chunks: &mpsc::Sender<Result<v1::ExportChunk, Status>>) -> Result<(), Status> {
    while let Some(piece) = export.next().await? {
        for data in piece.chunks(EXPORT_CHUNK_BYTES) {
            let chunk = v1::ExportChunk { data: data.to_vec() };
            // The state of the journal is held for it meanwhile.
            let sent = chunks.send_timeout(Ok(chunk), EXPORT_PATIENCE).await;
            sent.map_err(|_| export_idle(EXPORT_PATIENCE))?;
        }
    }
    Ok(())
}
