//! Each customer's events one after the other, several customers at a time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::{Duration, Instant};

use crate::events::sink::{Outcome, Outgoing};

/// When so many customers' events fail, and none is taken in between, it is the receiver that fails: to try all others too
/// would take hours where each waits for an answer.
const ENOUGH: usize = 8;
/// After so long nothing more is begun: what was delivered is noted only when all of it is over.
const LONG: Duration = Duration::from_secs(5);

/// Delivers events that are in outbox order, at most `concurrency` of them at a time, and says what became of each. No
/// event is tried when an earlier one of its customer may still have to go out: it is [`Outcome::Held`]. A refused event
/// never goes out, so it holds nothing back. When the receiver itself seems to fail, the rest is held too.
pub async fn by_customer<'e, F, D>(events: &'e [Outgoing], concurrency: usize, deliver: F) -> Vec<Outcome>
where
    F: Fn(&'e Outgoing) -> D,
    D: Future<Output = Outcome>,
{
    let mut customers: BTreeMap<&str, Vec<(usize, &Outgoing)>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        customers.entry(&event.envelope.customer_id).or_default().push((place, event));
    }
    let (failures, end) = (AtomicUsize::new(0), Instant::now() + LONG);
    // In a list: a task that waits for them must not have the closure in it.
    let deliveries: Vec<_> =
        customers.into_values().map(|events| one_after_the_other(events, &deliver, &failures, end)).collect();
    let mut deliveries = stream::iter(deliveries).buffer_unordered(concurrency.max(1));
    let mut outcomes = BTreeMap::new();
    while let Some(delivered) = deliveries.next().await {
        outcomes.extend(delivered);
    }
    (0..events.len()).map(|place| outcomes.remove(&place).unwrap_or(Outcome::Held)).collect()
}

/// The outcomes of one customer's events up to the first that must be tried again. `failures`: of all customers, in a row.
async fn one_after_the_other<'e, F, D>(
    events: Vec<(usize, &'e Outgoing)>,
    deliver: &F,
    failures: &AtomicUsize,
    end: Instant,
) -> Vec<(usize, Outcome)>
where
    F: Fn(&'e Outgoing) -> D,
    D: Future<Output = Outcome>,
{
    let mut outcomes = Vec::with_capacity(events.len());
    for (place, event) in events {
        if failures.load(Ordering::Relaxed) >= ENOUGH || Instant::now() >= end {
            break;
        }
        let outcome = deliver(event).await;
        let is_done = matches!(outcome, Outcome::Delivered | Outcome::Refused { .. });
        outcomes.push((place, outcome));
        if !is_done {
            failures.fetch_add(1, Ordering::Relaxed);
            break;
        }
        failures.store(0, Ordering::Relaxed);
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use chrono::{DateTime, NaiveDate};

    use super::*;
    use crate::codec::envelope::Envelope;
    use crate::domain::events::event::EventName;

    fn event(sequence: i64, customer_id: &str) -> Outgoing {
        let json = serde_json::json!({
            "id": sequence.to_string(), "event": EventName::Billed.as_str(), "date": NaiveDate::default(),
            "timestamp": DateTime::UNIX_EPOCH, "customer_id": customer_id, "identity": customer_id,
        });
        let envelope: Envelope = serde_json::from_value(json).unwrap();
        Outgoing { sequence, envelope, second: None }
    }

    fn failed() -> Outcome {
        Outcome::Failed { reason: "down".to_owned(), retry_after: None }
    }

    fn refused() -> Outcome {
        Outcome::Refused { reason: "bad".to_owned() }
    }

    #[tokio::test]
    async fn what_follows_a_failure_of_the_customer_is_held_but_nothing_follows_a_refusal() {
        let events = [event(1, "a"), event(2, "b"), event(3, "a"), event(4, "b"), event(5, "a"), event(6, "c")];
        let outcomes = by_customer(&events, 2, async |event: &Outgoing| match event.sequence {
            2 => failed(),
            3 => refused(),
            _ => Outcome::Delivered,
        })
        .await;
        let delivered = || Outcome::Delivered;
        assert_eq!(outcomes, [delivered(), failed(), refused(), Outcome::Held, delivered(), delivered()]);
    }

    #[tokio::test(start_paused = true)]
    async fn customers_go_side_by_side_and_each_keeps_its_order() {
        let events: Vec<_> = (0..30).map(|sequence| event(sequence, &format!("c{}", sequence % 10))).collect();
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let order = std::sync::Mutex::new(Vec::new());
        let outcomes = by_customer(&events, 4, async |event: &Outgoing| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            order.lock().unwrap().push(event.sequence);
            Outcome::Delivered
        })
        .await;
        assert_eq!((outcomes.len(), most.into_inner()), (30, 4));
        let order = order.into_inner().unwrap();
        for customer in 0..10 {
            let own: Vec<_> = order.iter().filter(|sequence| *sequence % 10 == customer).collect();
            assert!(own.is_sorted(), "{own:?}");
        }
    }

    #[tokio::test]
    async fn a_receiver_that_fails_is_not_tried_with_everybody() {
        let events: Vec<_> = (0..1_000).map(|sequence| event(sequence, &format!("c{sequence:04}"))).collect();
        let outcomes = by_customer(&events, 4, async |_: &Outgoing| {
            tokio::task::yield_now().await;
            failed()
        })
        .await;
        let tried = outcomes.iter().filter(|outcome| **outcome != Outcome::Held).count();
        assert!((ENOUGH..ENOUGH + 4).contains(&tried), "{tried}");
        // One that is taken in between shows that it is not the receiver.
        let outcomes = by_customer(&events, 4, async |event: &Outgoing| match event.sequence % 5 {
            0 => Outcome::Delivered,
            _ => failed(),
        })
        .await;
        assert!(!outcomes.contains(&Outcome::Held));
    }
}
