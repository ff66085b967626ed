//! Events on the test's clock: what goes out, when, once, and in which order.

use std::collections::BTreeSet;

use deltabook::events::event_filter::EventFilter;
use deltabook::events::sink::DeliveryOutcome;
use deltabook::events::sink_worker::Round;
use serde_json::json;

use super::store;
use crate::support::ledger::{LedgerFixture, NOTHING, ScriptedSink, charge, fails, line, order, quantity};
use crate::support::wait::{holds, until};

#[tokio::test]
async fn renewal_before_the_end_withdraws_the_cancellation_event() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-01-10T12:00:00Z").await, ScriptedSink::new());
    for customer in ["early", "late"] {
        fixture.record(vec![line(customer, json!({"end_date": "2026-06-01"}))]).await;
    }
    let renewal =
        |customer| order(customer, "R1", "2026-06-01", json!({"type": "RENEWAL", "renewal_end_date": "2027-06-01"}));
    fixture.at("2026-05-31T12:00:00Z");
    fixture.record(vec![renewal("early")]).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), NOTHING);
    fixture.at("2026-05-31T23:59:59Z");
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), NOTHING);
    fixture.at("2026-06-01T00:00:00Z");
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), ["2026-06-01 late Canceled"]);
    fixture.at("2026-06-02T12:00:00Z");
    fixture.record(vec![renewal("late")]).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), NOTHING, "what was sent is not taken back, and nothing else is sent");
    fixture.finish().await;
}

#[tokio::test]
async fn cancelled_trial_sends_trial_ended_and_no_cancellation() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-01-01T12:00:00Z").await, ScriptedSink::new());
    fixture.record(vec![line("acme", json!({"trial_end_date": "2026-01-31"}))]).await;
    fixture.record(vec![order("acme", "T1", "2026-01-20", json!({"type": "TERMINATION"}))]).await;
    fixture.at("2026-03-01T12:00:00Z");
    fixture.drain(&sink).await;
    let trials = sink.take();
    let shown: Vec<_> = trials.iter().map(|it| (it.envelope.event.as_str(), it.envelope.date.to_string())).collect();
    assert_eq!(shown, [("Trial Started", "2026-01-01".to_owned()), ("Trial Ended", "2026-01-20".to_owned())]);
    assert_eq!(trials[1].envelope.trial_end_date.unwrap().to_string(), "2026-01-20");
    fixture.finish().await;
}

#[tokio::test]
async fn upgrade_event_precedes_its_charge() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-05T12:00:00Z").await, ScriptedSink::new());
    let facts = vec![
        charge("acme", "C1", "2026-03-05T08:00:00Z"),
        quantity("acme", "O1", "2026-03-05", 2),
        line("acme", json!({})),
    ];
    fixture.record(facts).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), ["2026-03-05 acme Upgraded", "2026-03-05 acme Billed"]);
    fixture.finish().await;
}

#[tokio::test]
async fn events_not_yet_due_follow_the_facts_and_sent_ones_are_final() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-01-10T12:00:00Z").await, ScriptedSink::new());
    fixture.record(vec![line("acme", json!({})), quantity("acme", "O1", "2026-02-01", 3)]).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), NOTHING);
    // Before it is due it becomes smaller.
    fixture
        .record(vec![order(
            "acme",
            "O1",
            "2026-02-01",
            json!({"revision": 1, "entries": [{"line_id": "L1", "quantity": "2"}]}),
        )])
        .await;
    fixture.at("2026-02-01T00:00:00Z");
    fixture.drain(&sink).await;
    let sent = sink.take();
    let shown: Vec<_> = sent.iter().map(|it| it.envelope.mrr_delta.clone().unwrap()).collect();
    assert_eq!(shown, ["100"]);
    // Afterwards it vanishes from the books, and comes back.
    for (revision, voided) in [(2, true), (3, false)] {
        let fields = json!({"revision": revision, "voided": voided, "entries": [{"line_id": "L1", "quantity": "5"}]});
        fixture.record(vec![order("acme", "O1", "2026-02-01", fields)]).await;
        fixture.drain(&sink).await;
        assert_eq!(sink.take_shown(), NOTHING);
    }
    fixture.finish().await;
}

#[tokio::test]
async fn failing_event_holds_back_later_events_of_its_customer_alone() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-01T12:00:00Z").await, ScriptedSink::new());
    for customer in ["a", "b", "c"] {
        fixture.record(vec![line(customer, json!({}))]).await;
    }
    sink.answers(|it| if it.envelope.customer_id == "b" { fails("no") } else { DeliveryOutcome::Delivered });
    for (number, date) in (2..).zip(["2026-02-01", "2026-02-02", "2026-02-03"]) {
        for customer in ["a", "b", "c"] {
            fixture.record(vec![quantity(customer, &format!("O{number}"), date, number)]).await;
        }
    }
    fixture.drain(&sink).await;
    let others = sink.take_shown();
    assert_eq!(others.len(), 6);
    assert!(others.iter().all(|shown| !shown.contains(" b ")), "{others:?}");
    // New events of others go on at once, those of the customer wait in order.
    fixture.record(vec![quantity("b", "O9", "2026-02-09", 9)]).await;
    fixture.record(vec![quantity("c", "O9", "2026-02-09", 9)]).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), ["2026-02-09 c Upgraded"]);
    sink.answers(|_| DeliveryOutcome::Delivered);
    fixture.at("2026-03-01T12:00:02Z");
    fixture.drain(&sink).await;
    let dates = ["2026-02-01", "2026-02-02", "2026-02-03", "2026-02-09"];
    assert_eq!(sink.take_shown(), dates.map(|date| format!("{date} b Upgraded")));
    // A refused one is dead at once, and later ones go on.
    sink.answers(|it| match it.envelope.date.to_string().as_str() {
        "2026-02-10" => DeliveryOutcome::Refused { reason: "too large".to_owned() },
        _ => DeliveryOutcome::Delivered,
    });
    fixture.record(vec![quantity("b", "O10", "2026-02-10", 10), quantity("b", "O11", "2026-02-11", 11)]).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), ["2026-02-11 b Upgraded"]);
    fixture.finish().await;
}

#[tokio::test]
async fn failing_event_is_dead_after_three_days() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-01T00:00:00Z").await, ScriptedSink::new());
    fixture.record(vec![line("acme", json!({})), quantity("acme", "O1", "2026-02-01", 2)]).await;
    sink.answers(|_| fails("not today"));
    let (mut attempts, mut last) = (0, 0);
    for hour in 0..24 * 5 {
        fixture.at(&format!("2026-03-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24));
        let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = std::sync::Arc::clone(&count);
        sink.answers(move |_| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            fails("not today")
        });
        fixture.drain(&sink).await;
        let tried = count.load(std::sync::atomic::Ordering::Relaxed);
        attempts += tried;
        last = if tried > 0 { hour } else { last };
    }
    assert!(attempts > 70, "{attempts}");
    assert!((72..=96).contains(&last), "given up after {last} hours");
    // Others go on.
    sink.answers(|_| DeliveryOutcome::Delivered);
    fixture.record(vec![quantity("acme", "O2", "2026-02-02", 3)]).await;
    fixture.drain(&sink).await;
    assert_eq!(sink.take_shown(), ["2026-02-02 acme Upgraded"]);
    fixture.finish().await;
}

#[tokio::test]
async fn paused_sink_catches_up_in_order() {
    const CUSTOMERS: usize = 50;
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-01T12:00:00Z").await, ScriptedSink::new());
    for customer in 0..CUSTOMERS {
        let customer = format!("customer-{customer}");
        let facts = vec![
            line(&customer, json!({})),
            quantity(&customer, "O1", "2026-02-01", 2),
            quantity(&customer, "O2", "2026-02-02", 3),
        ];
        fixture.record(facts).await;
    }
    sink.answers(|_| DeliveryOutcome::Failed {
        reason: "busy".to_owned(),
        retry_after: Some(std::time::Duration::from_hours(1)),
    });
    let worker = fixture.worker("sink", &sink);
    let mut lease = worker.acquire_lease().await.unwrap().unwrap();
    assert_eq!(worker.deliver_batch(&mut lease).await.unwrap(), Round::Worked);
    sink.answers(|_| DeliveryOutcome::Delivered);
    fixture.at("2026-03-01T12:59:00Z");
    assert!(matches!(worker.deliver_batch(&mut lease).await.unwrap(), Round::Paused(_)), "it asked for an hour");
    fixture.at("2026-03-01T13:00:01Z");
    while worker.deliver_batch(&mut lease).await.unwrap() == Round::Worked {}
    let taken = sink.take();
    assert_eq!(taken.len(), 2 * CUSTOMERS);
    let of = |customer: &str| -> Vec<String> {
        taken.iter().filter(|it| it.envelope.customer_id == customer).map(|it| it.envelope.date.to_string()).collect()
    };
    assert!((0..CUSTOMERS).all(|number| of(&format!("customer-{number}")) == ["2026-02-01", "2026-02-02"]));
    lease.release().await;
    fixture.finish().await;
}

#[tokio::test]
async fn event_seconds_are_unique_for_each_identity_and_kept() {
    let fixture = LedgerFixture::open(store(), "2026-03-01T12:00:00Z").await;
    let sink = ScriptedSink::with_filter(EventFilter::default(), true);
    // Two accounts of one person.
    let facts = |customer: &str| -> Vec<serde_json::Value> {
        let mut facts = vec![json!({"customer": {"customer_id": customer, "identity": "jane@example.com"}})];
        facts.extend((0..500).map(|number| charge(customer, &format!("C{number}"), "2026-02-01T08:00:00Z")));
        facts
    };
    fixture.record(facts("acme")).await;
    fixture.record(facts("globex")).await;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeMap::new()));
    let first = std::sync::Arc::clone(&seen);
    sink.answers(move |it| {
        let before = first.lock().unwrap().insert(it.sequence, it.second.unwrap());
        // Some get lost at the first attempt, and others behind them have to wait.
        if before.is_none() && it.sequence % 100 == 50 {
            return fails("lost");
        }
        assert!(before.is_none() || before == it.second, "the same at every attempt");
        DeliveryOutcome::Delivered
    });
    for minute in 0..60 {
        fixture.at(&format!("2026-03-01T12:{minute:02}:00Z"));
        fixture.drain(&sink).await;
        if seen.lock().unwrap().len() == 1_000 {
            break;
        }
    }
    sink.answers(|_| DeliveryOutcome::Delivered);
    fixture.at("2026-03-02T12:00:00Z");
    fixture.drain(&sink).await;
    let taken = sink.take();
    assert_eq!(taken.len(), 1_000);
    let seconds: BTreeSet<(&str, &str, i64)> = taken
        .iter()
        .map(|it| (it.envelope.identity.as_str(), it.envelope.event.as_str(), it.second.unwrap()))
        .collect();
    assert_eq!(seconds.len(), 1_000);
    fixture.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_send_each_event_once() {
    const CUSTOMERS: usize = 200;
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-01T12:00:00Z").await, ScriptedSink::new());
    let mut relays = Vec::new();
    for _ in 0..2 {
        let workers = vec![fixture.worker("sink", &sink)];
        relays.push(fixture.relay(workers));
    }
    for customer in 0..CUSTOMERS {
        let customer = format!("customer-{customer}");
        fixture.record(vec![line(&customer, json!({})), quantity(&customer, "O1", "2026-02-01", 2)]).await;
        if customer == "customer-100" {
            // One of them goes away in the middle of it.
            relays.pop().unwrap().finish().await;
        }
    }
    let mut taken = Vec::new();
    until(async || {
        taken.extend(sink.take());
        holds(taken.len() >= CUSTOMERS, taken.len())
    })
    .await;
    // What came twice would have come by now.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    taken.extend(sink.take());
    let ids: BTreeSet<&str> = taken.iter().map(|it| it.envelope.id.as_str()).collect();
    assert_eq!((taken.len(), ids.len()), (CUSTOMERS, CUSTOMERS));
    for relay in relays {
        relay.finish().await;
    }
    fixture.finish().await;
}

#[tokio::test]
async fn failing_events_do_not_delay_other_customers() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-01T12:00:00Z").await, ScriptedSink::new());
    // Four customers whose events always fail, one of them with more behind it than may fail at a time.
    let charges = (0..1_300).map(|number| charge("bad-0", &format!("C{number}"), "2026-02-01T08:00:00Z"));
    let facts: Vec<serde_json::Value> = charges.collect();
    for part in facts.chunks(650) {
        fixture.record(part.to_vec()).await;
    }
    for customer in ["bad-1", "bad-2", "bad-3"] {
        fixture.record(vec![charge(customer, "C1", "2026-02-01T08:00:00Z")]).await;
    }
    let tried = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&tried);
    sink.answers(move |it| {
        if !it.envelope.customer_id.starts_with("bad") {
            return DeliveryOutcome::Delivered;
        }
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        DeliveryOutcome::Failed { reason: "no".to_owned(), retry_after: Some(std::time::Duration::from_hours(20)) }
    });
    let mut good = 0;
    for minute in 1..30 {
        fixture.record(vec![charge(&format!("good-{minute}"), "C1", "2026-02-01T08:00:00Z")]).await;
        fixture.at(&format!("2026-03-01T12:{minute:02}:00Z"));
        fixture.drain(&sink).await;
        good += sink.take().len();
    }
    assert_eq!(good, 29, "no customer waits longer than a pause");
    let tried = tried.load(std::sync::atomic::Ordering::Relaxed);
    assert!(tried < 20, "who asks to be left alone for hours was tried {tried} times");
    fixture.finish().await;
}

#[tokio::test]
async fn event_names_the_largest_change_in_its_direction() {
    let (fixture, sink) = (LedgerFixture::open(store(), "2026-03-01T12:00:00Z").await, ScriptedSink::new());
    let other = |line: &str, item: &str, fields: serde_json::Value| {
        let mut all = json!({"line_id": line, "item_id": item});
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        all
    };
    let euro = other("L3", "vault", json!({"currency": "EUR", "subscription_id": "S3"}));
    let support = other("L2", "support", json!({"start_date": "2026-02-01", "subscription_id": "S2"}));
    let facts = vec![
        line(
            "acme",
            json!({"price_steps": [{"quantity": "10", "unit_price": "9", "interval": {"unit": "MONTH", "count": 1}}]}),
        ),
        line("acme", support),
        quantity("acme", "O1", "2026-02-01", 1),
        line("acme", euro),
        order("acme", "T1", "2026-02-20", json!({"type": "TERMINATION"})),
        order("acme", "T2", "2026-02-20", json!({"type": "TERMINATION", "subscription_id": "S2"})),
    ];
    fixture.record(facts).await;
    fixture.drain(&sink).await;
    let sent = sink.take();
    let shown: Vec<_> = sent
        .iter()
        .map(|it| {
            let it = &it.envelope;
            (it.event.as_str(), it.mrr_delta.as_deref(), it.category.as_deref(), it.plan.as_deref())
        })
        .collect();
    // −81 and +100; and then all that was in USD, while the customer stays for the vault.
    assert_eq!(shown[0], ("Upgraded", Some("19"), Some("UPSELL"), Some("support")));
    assert_eq!((shown[1].0, shown[1].3), ("Downgraded", Some("vault")));
    fixture.finish().await;
}
