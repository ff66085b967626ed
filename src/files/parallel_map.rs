//! Parallel map with results in the order of the input.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{available_parallelism, scope};

/// Pieces for each core that are being processed, or processed and not yet taken.
const PIECES_A_CORE: usize = 3;

/// Pieces not yet started, and the queue of the results in their order.
struct PendingWork<I, D> {
    pieces: I,
    answers: SyncSender<Receiver<D>>,
}

/// Processes pieces on all cores and passes the results on in the order of the pieces, until `take` breaks. Only a few
/// pieces are in memory at a time.
pub(super) fn map_in_order<P: Send, D: Send>(
    pieces: impl Iterator<Item = P> + Send,
    work: impl Fn(P) -> D + Sync,
    mut take: impl FnMut(D) -> ControlFlow<()>,
) {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let (answers, results) = sync_channel(cores.saturating_mul(PIECES_A_CORE));
    let ahead = Arc::new(Mutex::new(PendingWork { pieces: pieces.fuse(), answers }));
    scope(|scope| {
        for _ in 0..cores {
            let (ahead, work) = (Arc::clone(&ahead), &work);
            scope.spawn(move || {
                while let Some((piece, answer)) = next(&ahead) {
                    // The receiver is gone after a break; then the next piece is not handed out either.
                    let _ = answer.send(work(piece));
                }
            });
        }
        // Held by the workers alone from here on: the results end with the last worker.
        drop(ahead);
        for result in results {
            // A worker that panicked sends no result; the scope propagates its panic.
            let Ok(result) = result.recv() else { return };
            if take(result).is_break() {
                return;
            }
        }
    });
}

/// Takes the next piece and its place in the order of the results, under one lock.
fn next<P, D>(ahead: &Mutex<PendingWork<impl Iterator<Item = P>, D>>) -> Option<(P, Sender<D>)> {
    let mut ahead = ahead.lock().ok()?;
    let piece = ahead.pieces.next()?;
    let (answer, result) = channel();
    ahead.answers.send(result).ok()?;
    Some((piece, answer))
}
