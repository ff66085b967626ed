//! Writer task: takes the waiting commands of its customers and records them in one transaction.
//!
//! An idle writer records a command at once; a busy one records what came in the meantime together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::bug;
use crate::clock::Clock;
use crate::ledger::command::{Command, Recorded};
use crate::ledger::error::RecordError;
use crate::ledger::write::batch::{CommandResults, WriterContext};

/// Maximum number of commands in a batch.
const MAX_COMMANDS: usize = 512;
/// Number of facts at which a batch takes no more commands. The larger a batch, the more of its entries share a total.
const MAX_FACTS: usize = 10_000;

/// A command in a writer's queue.
#[derive(Debug)]
pub(in crate::ledger) struct QueuedCommand {
    pub command: Command,
    pub reply: oneshot::Sender<Result<Recorded, RecordError>>,
    /// Its share of the memory for waiting commands.
    pub memory: OwnedSemaphorePermit,
}

/// Records batches until the queue is closed and empty. `committed` changes after each batch.
pub(in crate::ledger) async fn run_writer(
    context: WriterContext,
    clock: Clock,
    mut queue: mpsc::Receiver<QueuedCommand>,
    stop: CancellationToken,
    committed: Arc<watch::Sender<()>>,
) {
    loop {
        let first = tokio::select! {
            biased;
            // A closed queue still yields the commands in it.
            () = stop.cancelled(), if !queue.is_closed() => {
                queue.close();
                continue;
            }
            queued = queue.recv() => queued,
        };
        let Some(first) = first else { break };
        let batch = take_batch(first, &mut queue);
        if !batch.is_empty() {
            record_batch(&context, batch, &clock).await;
            committed.send_replace(());
        }
    }
}

/// Takes the waiting commands, bounded, without those whose caller has cancelled or timed out.
fn take_batch(first: QueuedCommand, queue: &mut mpsc::Receiver<QueuedCommand>) -> Vec<QueuedCommand> {
    let mut batch = Vec::new();
    let mut facts = 0_usize;
    let mut next = Some(first);
    while let Some(queued) = next {
        if !queued.reply.is_closed() {
            facts += queued.command.facts.len();
            batch.push(queued);
        }
        next = if batch.len() < MAX_COMMANDS && facts < MAX_FACTS { queue.try_recv().ok() } else { None };
    }
    batch
}

/// Records a batch and replies to each command. The commands of a failed batch are recorded one by one, so that only the
/// one at fault fails.
async fn record_batch(context: &WriterContext, batch: Vec<QueuedCommand>, clock: &Clock) {
    let (commands, replies): (Vec<Command>, Vec<_>) =
        batch.into_iter().map(|queued| (queued.command, (queued.reply, queued.memory))).unzip();
    let commands = Arc::new(commands);
    let together = record_isolated(context, Arc::clone(&commands), clock).await;
    let results = match (together, Arc::try_unwrap(commands)) {
        (Ok(results), _) => results,
        (Err(error), Ok(commands)) if commands.len() > 1 && !is_store_away(&error) => {
            let mut results = Vec::with_capacity(commands.len());
            for command in commands {
                let alone = record_isolated(context, Arc::new(vec![command]), clock).await;
                let of_one = |mut results: CommandResults| {
                    results.pop().unwrap_or_else(|| Err(bug!("no result for a command").into()))
                };
                results.push(alone.and_then(of_one));
            }
            results
        }
        (Err(error), _) => replies.iter().map(|_| Err(error.clone())).collect(),
    };
    for ((reply, _memory), result) in replies.into_iter().zip(results) {
        // A caller that went away meanwhile needs no reply; its facts are recorded all the same.
        let _is_received = reply.send(result);
    }
}

fn is_store_away(error: &RecordError) -> bool {
    matches!(error, RecordError::Store(error) if error.is_away())
}

/// Records commands in a task of their own, so that a panic does not end the writer.
async fn record_isolated(
    context: &WriterContext,
    commands: Arc<Vec<Command>>,
    clock: &Clock,
) -> Result<CommandResults, RecordError> {
    let (context, clock) = (context.clone(), clock.clone());
    let work = tokio::spawn(async move { context.record(&commands, &clock).await });
    work.await.unwrap_or_else(|error| Err(bug!("recording panicked: {error}").into()))
}
