//! Delivers each customer's events one after the other, several customers at a time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::{Duration, Instant};

use crate::events::sink::{DeliveryOutcome, OutgoingEvent};

/// Number of failures in a row at which the receiver itself counts as failing. Trying every other customer too would take
/// hours if each waits for an answer.
const MAX_FAILURES: usize = 8;
/// Time after which no further delivery starts: outcomes are stored only when the whole batch is over.
const MAX_DURATION: Duration = Duration::from_secs(5);

/// Delivers events, given in the order of the outbox, at most `concurrency` at a time; returns one outcome each. An event
/// behind a failed one of its customer is [`DeliveryOutcome::Held`]. A refused event is never delivered, so it holds
/// nothing back. When the receiver itself fails, the rest is held too.
pub async fn deliver_in_customer_order<'e, F, D>(
    events: &'e [OutgoingEvent],
    concurrency: usize,
    deliver: F,
) -> Vec<DeliveryOutcome>
where
    F: Fn(&'e OutgoingEvent) -> D,
    D: Future<Output = DeliveryOutcome>,
{
    let mut customers: BTreeMap<&str, Vec<(usize, &OutgoingEvent)>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        customers.entry(&event.envelope.customer_id).or_default().push((index, event));
    }
    let (failures, end) = (AtomicUsize::new(0), Instant::now() + MAX_DURATION);
    // Collected, so that the future of this function does not contain the closure.
    let deliveries: Vec<_> =
        customers.into_values().map(|events| deliver_in_sequence(events, &deliver, &failures, end)).collect();
    let mut deliveries = stream::iter(deliveries).buffer_unordered(concurrency.max(1));
    let mut outcomes = BTreeMap::new();
    while let Some(delivered) = deliveries.next().await {
        outcomes.extend(delivered);
    }
    (0..events.len()).map(|index| outcomes.remove(&index).unwrap_or(DeliveryOutcome::Held)).collect()
}

/// Delivers one customer's events up to the first that must be tried again. `failures` counts failures in a row, of all
/// customers.
async fn deliver_in_sequence<'e, F, D>(
    events: Vec<(usize, &'e OutgoingEvent)>,
    deliver: &F,
    failures: &AtomicUsize,
    end: Instant,
) -> Vec<(usize, DeliveryOutcome)>
where
    F: Fn(&'e OutgoingEvent) -> D,
    D: Future<Output = DeliveryOutcome>,
{
    let mut outcomes = Vec::with_capacity(events.len());
    for (index, event) in events {
        if failures.load(Ordering::Relaxed) >= MAX_FAILURES || Instant::now() >= end {
            break;
        }
        let outcome = deliver(event).await;
        let is_done = matches!(outcome, DeliveryOutcome::Delivered | DeliveryOutcome::Refused { .. });
        outcomes.push((index, outcome));
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

    fn event(sequence: i64, customer_id: &str) -> OutgoingEvent {
        let json = serde_json::json!({
            "id": sequence.to_string(), "event": EventName::Billed.as_str(), "date": NaiveDate::default(),
            "timestamp": DateTime::UNIX_EPOCH, "customer_id": customer_id, "identity": customer_id,
        });
        let envelope: Envelope = serde_json::from_value(json).unwrap();
        OutgoingEvent { sequence, envelope, second: None }
    }

    fn failed() -> DeliveryOutcome {
        DeliveryOutcome::Failed { reason: "down".to_owned(), retry_after: None }
    }

    fn refused() -> DeliveryOutcome {
        DeliveryOutcome::Refused { reason: "bad".to_owned() }
    }

    #[tokio::test]
    async fn holds_events_behind_a_failure_but_not_behind_a_refusal() {
        let events = [event(1, "a"), event(2, "b"), event(3, "a"), event(4, "b"), event(5, "a"), event(6, "c")];
        let outcomes = deliver_in_customer_order(&events, 2, async |event: &OutgoingEvent| match event.sequence {
            2 => failed(),
            3 => refused(),
            _ => DeliveryOutcome::Delivered,
        })
        .await;
        let delivered = || DeliveryOutcome::Delivered;
        assert_eq!(outcomes, [delivered(), failed(), refused(), DeliveryOutcome::Held, delivered(), delivered()]);
    }

    #[tokio::test(start_paused = true)]
    async fn delivers_customers_concurrently_each_in_order() {
        let events: Vec<_> = (0..30).map(|sequence| event(sequence, &format!("c{}", sequence % 10))).collect();
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let order = std::sync::Mutex::new(Vec::new());
        let outcomes = deliver_in_customer_order(&events, 4, async |event: &OutgoingEvent| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            order.lock().unwrap().push(event.sequence);
            DeliveryOutcome::Delivered
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
    async fn stops_after_failures_in_a_row() {
        let events: Vec<_> = (0..1_000).map(|sequence| event(sequence, &format!("c{sequence:04}"))).collect();
        let outcomes = deliver_in_customer_order(&events, 4, async |_: &OutgoingEvent| {
            tokio::task::yield_now().await;
            failed()
        })
        .await;
        let tried = outcomes.iter().filter(|outcome| **outcome != DeliveryOutcome::Held).count();
        assert!((MAX_FAILURES..MAX_FAILURES + 4).contains(&tried), "{tried}");
        // A delivery in between shows that the receiver works.
        let outcomes = deliver_in_customer_order(&events, 4, async |event: &OutgoingEvent| match event.sequence % 5 {
            0 => DeliveryOutcome::Delivered,
            _ => failed(),
        })
        .await;
        assert!(!outcomes.contains(&DeliveryOutcome::Held));
    }
}
