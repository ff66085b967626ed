//! Work on all cores, with results in the order of the work.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{available_parallelism, scope};

/// How many pieces are in work, or done and not yet taken, for each core.
const PIECES_A_CORE: usize = 3;

/// Pieces that nobody works on yet, and where to say who will answer for the next one.
struct Ahead<I, D> {
    pieces: I,
    answers: SyncSender<Receiver<D>>,
}

/// Works on pieces side by side and hands the results on in the order of the pieces, until there are no more of them
/// or none is wanted. However long the input is, only a few pieces are in memory.
pub(super) fn in_order<P: Send, D: Send>(
    pieces: impl Iterator<Item = P> + Send,
    work: impl Fn(P) -> D + Sync,
    mut take: impl FnMut(D) -> ControlFlow<()>,
) {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let (answers, results) = sync_channel(cores.saturating_mul(PIECES_A_CORE));
    let ahead = Arc::new(Mutex::new(Ahead { pieces: pieces.fuse(), answers }));
    scope(|scope| {
        for _ in 0..cores {
            let (ahead, work) = (Arc::clone(&ahead), &work);
            scope.spawn(move || {
                while let Some((piece, answer)) = next(&ahead) {
                    // Nobody waits for the answer any more: then the next piece is not to be had either.
                    let _ = answer.send(work(piece));
                }
            });
        }
        // Only workers hold it now: when the last one ends, so do the results.
        drop(ahead);
        for result in results {
            // A worker that panicked does not answer; the scope hands its panic on.
            let Ok(result) = result.recv() else { return };
            if take(result).is_break() {
                return;
            }
        }
    });
}

/// Takes a piece, while no other worker can, and takes its place in the order of the answers.
fn next<P, D>(ahead: &Mutex<Ahead<impl Iterator<Item = P>, D>>) -> Option<(P, Sender<D>)> {
    let mut ahead = ahead.lock().ok()?;
    let piece = ahead.pieces.next()?;
    let (answer, result) = channel();
    ahead.answers.send(result).ok()?;
    Some((piece, answer))
}
