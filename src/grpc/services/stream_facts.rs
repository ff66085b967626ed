//! `StreamFacts`: facts in volume. While a batch is recorded, the next ones are read and decoded.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::codec::validation::Violations;
use crate::domain::actor::Actor;
use crate::domain::ids::CustomerId;
use crate::grpc::limits::{MAX_FACTS, STREAM_READ_AHEAD};
use crate::grpc::services::billing::{check_count, decode_fact, to_i32};
use crate::grpc::status::idle;
use crate::grpc::v1;
use crate::ledger::command::PendingRecording;
use crate::ledger::command::{RecordOutcome, Recorded};
use crate::ledger::error::RefusedFact;
use crate::ledger::handle::Ledger;
use crate::tenants::tenant_runtime::TenantRuntime;

type Answer = Result<v1::StreamFactsResponse, Status>;

/// Reads batches and submits them in their order; answers them in that order as they are recorded. An error ends the
/// stream, and so does a client that has gone away, or from which nothing comes for so long.
pub(in crate::grpc) async fn stream_facts(
    books: Arc<TenantRuntime>,
    author: Actor,
    mut batches: Streaming<v1::StreamFactsRequest>,
    answers: mpsc::Sender<Answer>,
    ending: impl Future<Output = Status>,
    idle_time: Duration,
) {
    let (submitted, mut in_order) = mpsc::channel::<Result<Batch, Status>>(STREAM_READ_AHEAD);
    let answering = async {
        while let Some(batch) = in_order.recv().await {
            let answer = match batch {
                Ok(batch) => batch.finish().await,
                Err(status) => Err(status),
            };
            let failed = answer.is_err();
            if answers.send(answer).await.is_err() || failed {
                break;
            }
        }
        in_order.close();
    };
    let reading = async move {
        tokio::pin!(ending);
        loop {
            let batch = tokio::select! {
                biased;
                () = submitted.closed() => break,
                status = &mut ending => Err(status),
                batch = timeout(idle_time, batches.message()) => batch.unwrap_or_else(|_| Err(idle(idle_time))),
            };
            let batch = match batch {
                Ok(Some(batch)) => Batch::submit(&books.ledger, batch, &author).await,
                Ok(None) => break,
                Err(status) => Err(status),
            };
            let failed = batch.is_err();
            if submitted.send(batch).await.is_err() || failed {
                break;
            }
        }
    };
    tokio::join!(answering, reading);
}

/// A batch that is with the writers.
struct Batch {
    number: i64,
    /// Of the facts that could be read.
    places: Vec<usize>,
    customers: Vec<CustomerId>,
    /// Those that could not.
    malformed: Vec<v1::FactRefusal>,
    submitted: PendingRecording,
}

impl Batch {
    async fn submit(ledger: &Ledger, batch: v1::StreamFactsRequest, author: &Actor) -> Result<Self, Status> {
        if batch.facts.len() > MAX_FACTS {
            return Err(Violations::from(check_count(batch.facts.len())).into());
        }
        let (mut malformed, mut places, mut read) = (Vec::new(), Vec::new(), Vec::with_capacity(batch.facts.len()));
        for (index, fact) in batch.facts.into_iter().enumerate() {
            match decode_fact(fact, index) {
                Ok(fact) => {
                    places.push(index);
                    read.push(fact);
                }
                Err(violations) => malformed.push(malformed_fact(index, violations)),
            }
        }
        let customers = read.iter().map(|fact| fact.customer_id().clone()).collect();
        let submitted = ledger.submit(read, author).await?;
        Ok(Self { number: batch.batch_number, places, customers, malformed, submitted })
    }

    /// What is refused is named, the rest is recorded.
    async fn finish(self) -> Answer {
        let Self { number, places, customers, malformed, submitted } = self;
        let recorded = submitted.finish().await?;
        let mut refusals = malformed;
        refusals.extend(recorded.refused.iter().map(|refused| refusal(refused, &places, &customers)));
        refusals.sort_by_key(|refusal| refusal.index);
        Ok(v1::StreamFactsResponse {
            batch_number: number,
            recorded_count: count(&recorded, RecordOutcome::Recorded),
            unchanged_count: count(&recorded, RecordOutcome::Unchanged),
            movement_count: to_i32(recorded.new_entries),
            refusals,
        })
    }
}

fn count(recorded: &Recorded, wanted: RecordOutcome) -> i32 {
    to_i32(recorded.outcomes.iter().flatten().filter(|outcome| **outcome == wanted).count())
}

fn malformed_fact(index: usize, violations: Violations) -> v1::FactRefusal {
    v1::FactRefusal {
        index: to_i32(index),
        reason: "INVALID_FIELDS".to_owned(),
        message: violations.to_string(),
        violations: violations
            .into_iter()
            .map(|it| v1::FieldViolation { field: it.field, description: it.description })
            .collect(),
        ..v1::FactRefusal::default()
    }
}

fn refusal(refused: &RefusedFact, places: &[usize], customers: &[CustomerId]) -> v1::FactRefusal {
    v1::FactRefusal {
        index: to_i32(places.get(refused.index).copied().unwrap_or_default()),
        customer_id: customers.get(refused.index).map(ToString::to_string).unwrap_or_default(),
        fact_id: refused.key.id(),
        reason: refused.reason.code().to_owned(),
        message: refused.text(),
        violations: Vec::new(),
    }
}
