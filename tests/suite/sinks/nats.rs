//! NATS JetStream, against real servers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, StorageType, Stream};
use async_nats::jetstream::{self, Context};
use chrono::{DateTime, NaiveDate};
use deltabook::clock::Clock;
use deltabook::domain::ids::{Currency, CustomerId, ItemId, LineId, SubscriptionId, TenantId};
use deltabook::domain::journal::entry::Entry;
use deltabook::domain::journal::movement::{Category, Cause, Level, Movement, Subcategory};
use deltabook::domain::money::Money;
use deltabook::domain::number::Quantity;
use deltabook::domain::rule::{Rule, RuleSet};
use deltabook::events::event_filter::EventFilter;
use deltabook::events::secret::SecretSource;
use deltabook::events::sink::nats::{Nats, NatsSettings};
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use serde_json::{Value, json};

use crate::support::canary::CANARY;
use crate::support::nats::Server;
use crate::support::sinks::outcomes::{
    assert_payload, billed, read, reason, renaming, settings, trial_started, upgraded,
};
use crate::support::wait::{holds, until};

/// As long as the sink waits until a message is stored.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);

async fn try_open(url: &str, others: Value) -> Result<Nats, String> {
    let mut given = json!({"url": url});
    given.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    let tenant_id = TenantId::parse("books.of*ü").unwrap();
    Nats::open(settings(given), EventFilter::default(), &read, Clock::system(), tenant_id).await
}

async fn open(server: &Server) -> Nats {
    connected(try_open(&server.url(), json!({})).await.unwrap()).await
}

/// A start waits for the server for a moment only, which can be too short on a busy machine.
async fn connected(nats: Nats) -> Nats {
    until(async || nats.deliver_entries(&[]).await).await;
    nats
}

async fn jetstream(server: &Server) -> Context {
    jetstream::new(async_nats::connect(server.url()).await.unwrap())
}

async fn stream(server: &Server) -> Stream {
    jetstream(server).await.get_stream("DELTABOOK").await.unwrap()
}

/// Subject, id and text of every message, in the stream's order.
async fn messages(server: &Server) -> Vec<(String, String, String)> {
    let stream = stream(server).await;
    let mut messages = Vec::new();
    for sequence in 1..=stream.cached_info().state.last_sequence {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let id = message.headers.get("Nats-Msg-Id").unwrap().as_str().to_owned();
        messages.push((message.subject.to_string(), id, String::from_utf8(message.payload.to_vec()).unwrap()));
    }
    messages
}

/// Delivers, as the relay does, until it is done.
async fn deliver_until_done(nats: &Nats, events: &[OutgoingEvent]) {
    until(async || {
        let outcomes = nats.deliver(events).await;
        holds(outcomes.iter().all(|outcome| *outcome == DeliveryOutcome::Delivered), outcomes)
    })
    .await;
}

#[tokio::test]
async fn nats_events_have_subjects_and_are_stored_once() {
    let server = Server::start_new();
    let nats = open(&server).await;
    let events = [upgraded(), trial_started()];
    for _ in 0..3 {
        assert_eq!(nats.deliver(&events).await, vec![DeliveryOutcome::Delivered; 2]);
    }
    let mut found = messages(&server).await;
    found.sort();
    let [trial, upgrade] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(upgrade.0, "deltabook.books%2Eof%2A%C3%BC.event.upgraded");
    assert_eq!(upgrade.1, events[0].envelope.id);
    assert_eq!(trial.0, "deltabook.books%2Eof%2A%C3%BC.event.trial_started");
    assert_payload("nats-upgraded", &upgrade.2);
    assert_payload("nats-trial-started", &trial.2);
    let config = &stream(&server).await.cached_info().config.clone();
    assert_eq!(
        (config.subjects.as_slice(), config.storage),
        (["deltabook.>".to_owned()].as_slice(), StorageType::File)
    );
    assert_eq!(config.duplicate_window, Duration::from_hours(96));
    assert_eq!(config.max_messages.max(config.max_bytes), -1);
}

#[tokio::test]
async fn nats_subject_stream_and_names_can_be_chosen() {
    let server = Server::start_new();
    let given =
        json!({"url": server.url(), "subject": "finance.events", "stream": "MONEY", "duplicate_window_hours": 1});
    let opened = Nats::open(settings(given), renaming(), &read, Clock::system(), TenantId::only()).await;
    deliver_until_done(&opened.unwrap(), &[upgraded()]).await;
    let stream = jetstream(&server).await.get_stream("MONEY").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    assert_eq!(message.subject.as_str(), "finance.events.default.event.upgraded");
    assert_payload("file-renamed", std::str::from_utf8(&message.payload).unwrap());
    assert_eq!(stream.cached_info().config.duplicate_window, Duration::from_hours(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_publishes_concurrently_in_order_of_each_customer() {
    let server = Server::start_new();
    let nats = open(&server).await;
    let events: Vec<_> = (0..5_000).map(|number| billed(number, 500)).collect();
    // As the relay runs it.
    let delivered = tokio::spawn(async move { nats.deliver(&events).await }).await.unwrap();
    assert_eq!(delivered, vec![DeliveryOutcome::Delivered; 5_000]);
    let stream = stream(&server).await;
    assert_eq!(stream.cached_info().state.messages, 5_000);
    let reader = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
    let consumer = stream.create_consumer(reader).await.unwrap();
    let mut last = vec![-1; 500];
    let mut batch = consumer.fetch().max_messages(5_000).messages().await.unwrap();
    while let Some(message) = futures_util::StreamExt::next(&mut batch).await {
        let sent: Value = serde_json::from_slice(&message.unwrap().payload).unwrap();
        let number: i64 = sent["charge_id"].as_str().unwrap().strip_prefix("ch-").unwrap().parse().unwrap();
        let last = &mut last[usize::try_from(number % 500).unwrap()];
        assert!(*last < number);
        *last = number;
    }
    assert_eq!(last.iter().filter(|last| **last >= 4_500).count(), 500);
}

#[tokio::test]
async fn nats_leaves_an_existing_stream_unchanged() {
    let server = Server::start_new();
    let made = Config {
        name: "DELTABOOK".to_owned(),
        subjects: vec!["deltabook.>".to_owned()],
        duplicate_window: Duration::from_mins(1),
        max_messages: 7,
        ..Config::default()
    };
    jetstream(&server).await.create_stream(made).await.unwrap();
    assert_eq!(open(&server).await.deliver(&[upgraded()]).await, [DeliveryOutcome::Delivered]);
    let config = stream(&server).await.cached_info().config.clone();
    assert_eq!((config.duplicate_window, config.max_messages), (Duration::from_mins(1), 7));
}

#[tokio::test]
async fn nats_events_wait_for_an_absent_server() {
    let mut server = Server::not_started("");
    let nats = try_open(&server.url(), json!({})).await.unwrap();
    let began = Instant::now();
    let outcomes = nats.deliver(&[billed(1, 1), billed(2, 1), upgraded()]).await;
    assert!(began.elapsed() < ACK_TIMEOUT, "no answer is waited for");
    let DeliveryOutcome::Failed { reason, retry_after: None } = &outcomes[0] else { panic!("{outcomes:?}") };
    assert!(reason.starts_with("NATS: not connected"), "{reason}");
    assert_eq!(outcomes[1], DeliveryOutcome::Held);
    assert!(matches!(outcomes[2], DeliveryOutcome::Failed { .. }));
    assert!(nats.deliver_entries(&[entry(1, "acme")]).await.is_err());
    server.start();
    deliver_until_done(&nats, &[billed(1, 1), billed(2, 1)]).await;
    let ids: Vec<_> = messages(&server).await.into_iter().map(|(_, id, _)| id).collect();
    assert_eq!(ids, [billed(1, 1).envelope.id, billed(2, 1).envelope.id]);
}

#[tokio::test]
async fn nats_repeat_after_a_crash_is_stored_once() {
    let mut server = Server::start_new();
    let nats = open(&server).await;
    assert_eq!(nats.deliver(&[billed(1, 1)]).await, [DeliveryOutcome::Delivered]);
    server.kill();
    let outcomes = nats.deliver(&[billed(1, 1), billed(2, 1)]).await;
    assert!(matches!(outcomes.as_slice(), [DeliveryOutcome::Failed { .. }, DeliveryOutcome::Held]), "{outcomes:?}");
    server.start();
    deliver_until_done(&nats, &[billed(1, 1), billed(2, 1)]).await;
    let ids: Vec<_> = messages(&server).await.into_iter().map(|(_, id, _)| id).collect();
    assert_eq!(ids, [billed(1, 1).envelope.id, billed(2, 1).envelope.id]);
}

#[tokio::test]
async fn nats_creates_a_lost_stream_again() {
    let mut server = Server::start_new();
    let nats = open(&server).await;
    assert_eq!(nats.deliver(&[billed(1, 1)]).await, [DeliveryOutcome::Delivered]);
    server.kill();
    server.wipe();
    server.start();
    deliver_until_done(&nats, &[billed(2, 1)]).await;
    assert_eq!(messages(&server).await.len(), 1);
    // By hand, while we are connected.
    jetstream(&server).await.delete_stream("DELTABOOK").await.unwrap();
    deliver_until_done(&nats, &[billed(3, 1)]).await;
    assert_eq!(messages(&server).await.len(), 1);
}

#[tokio::test]
async fn nats_waits_once_for_a_silent_server() {
    let mut server = Server::start_new();
    let nats = open(&server).await;
    assert_eq!(nats.deliver(&[billed(0, 1)]).await, [DeliveryOutcome::Delivered]);
    server.freeze();
    let began = Instant::now();
    let events: Vec<_> = (0..6_000).map(|number| billed(number, 6_000)).collect();
    let entries: Vec<_> = (0..6_000).map(|number| entry(number, &format!("c{number}"))).collect();
    let (outcomes, failed) = tokio::join!(nats.deliver(&events), nats.deliver_entries(&entries));
    let failure = "NATS: timed out: didn't receive ack in time";
    assert!(outcomes.iter().all(|outcome| *outcome == DeliveryOutcome::Held || reason(outcome) == failure));
    assert_eq!((reason(&outcomes[0]), failed.unwrap_err().reason.as_str()), (failure, failure));
    let frozen = began.elapsed();
    server.thaw();
    let began = Instant::now();
    deliver_until_done(&nats, &events).await;
    assert_eq!(nats.deliver_entries(&entries).await, Ok(6_000));
    // To wait once takes one timeout more than to be answered, to wait twice takes two.
    let answered = began.elapsed();
    assert!(frozen < answered + ACK_TIMEOUT * 19 / 10, "{frozen:?}, where {answered:?} are enough for all");
    assert_eq!(stream(&server).await.cached_info().state.messages, 12_000);
}

#[tokio::test]
async fn nats_event_that_is_too_large_is_refused_alone() {
    let mut server = Server::not_started("max_payload: 2000");
    server.start();
    let nats = open(&server).await;
    let mut large = billed(1, 1);
    large.envelope.description = Some("x".repeat(3_000));
    let outcomes = nats.deliver(&[large, billed(2, 1)]).await;
    assert!(
        matches!(outcomes.as_slice(), [DeliveryOutcome::Refused { .. }, DeliveryOutcome::Delivered]),
        "{outcomes:?}"
    );
    // For the stream alone.
    let jetstream = jetstream(&server).await;
    let config = stream(&server).await.cached_info().config.clone();
    jetstream.update_stream(Config { max_message_size: 600, ..config }).await.unwrap();
    let mut large = billed(3, 1);
    large.envelope.description = Some("x".repeat(1_000));
    let outcomes = nats.deliver(&[large, billed(4, 1)]).await;
    assert!(
        matches!(outcomes.as_slice(), [DeliveryOutcome::Refused { .. }, DeliveryOutcome::Delivered]),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn nats_full_stream_fails_later_events() {
    let server = Server::start_new();
    let made = Config {
        name: "DELTABOOK".to_owned(),
        subjects: vec!["deltabook.>".to_owned()],
        max_messages: 1,
        discard: jetstream::stream::DiscardPolicy::New,
        ..Config::default()
    };
    jetstream(&server).await.create_stream(made).await.unwrap();
    let nats = connected(try_open(&server.url(), json!({"journal": true})).await.unwrap()).await;
    let outcomes = nats.deliver(&[billed(1, 1), billed(2, 1), billed(3, 1)]).await;
    assert_eq!((&outcomes[0], &outcomes[2]), (&DeliveryOutcome::Delivered, &DeliveryOutcome::Held));
    assert!(reason(&outcomes[1]).contains("maximum messages exceeded"), "{outcomes:?}");
    let failure = nats.deliver_entries(&[entry(1, "acme"), entry(2, "acme")]).await.unwrap_err();
    assert!(failure.reason.contains("maximum messages exceeded"), "{failure:?}");
}

fn entry(sequence: i64, customer_id: &str) -> Arc<Entry> {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    let movement = Movement {
        level: Level::Contract,
        category: Category::Upsell,
        subcategory: Subcategory::QuantityIncrease,
        effective_date: date("2026-03-01"),
        customer_id: CustomerId::parse(customer_id).unwrap(),
        subscription_id: Some(SubscriptionId::parse("S-1").unwrap()),
        line_id: Some(LineId::parse("L-1").unwrap()),
        item_id: ItemId::parse("pro").unwrap(),
        currency: Currency::parse("EUR").unwrap(),
        delta: Money::from_micros(20_000_000),
        mrr_before: Money::from_micros(100_000_000),
        mrr_after: Money::from_micros(120_000_000),
        quantity_before: Quantity::parse("5").unwrap(),
        quantity_after: Quantity::parse("6").unwrap(),
        effects: None,
        renewed_mrr: None,
        causes: vec![Cause::LineStart(LineId::parse("L-1").unwrap())],
        rules: RuleSet::of(&[Rule::ALL[3], Rule::ALL[11]]),
        provisional_until: None,
    };
    let recorded_at = DateTime::parse_from_rfc3339("2026-03-02T08:09:10.111222Z").unwrap().to_utc();
    Arc::new(Entry { sequence, version: 1, recorded_at, posting_date: date("2026-03-02"), reverses: None, movement })
}

#[tokio::test]
async fn nats_journal_entries_have_their_own_subjects() {
    let server = Server::start_new();
    let nats = connected(try_open(&server.url(), json!({"journal": true})).await.unwrap()).await;
    assert!(nats.accepts_journal() && !open(&server).await.accepts_journal());
    let (first, mut reversal, mut adjustment) = (entry(41, "acme"), entry(42, "acme"), entry(43, "acme"));
    let reversed = Arc::make_mut(&mut reversal);
    reversed.reverses = Some(41);
    reversed.movement = first.movement.reversed().unwrap();
    let adjusted = Arc::make_mut(&mut adjustment);
    adjusted.movement.level = Level::Customer;
    adjusted.movement.category = Category::Churn;
    adjusted.movement.subcategory = Subcategory::CustomerChurn;
    let entries = [first, reversal, adjustment];
    for _ in 0..2 {
        assert_eq!(nats.deliver_entries(&entries).await.unwrap(), 3);
    }
    assert_eq!(nats.deliver_entries(&[]).await.unwrap(), 0);
    let found = messages(&server).await;
    let places: Vec<_> = found.iter().map(|(subject, id, _)| (subject.as_str(), id.as_str())).collect();
    assert_eq!(
        places,
        [
            ("deltabook.books%2Eof%2A%C3%BC.journal.contract.upsell", "journal-books.of*ü-41"),
            ("deltabook.books%2Eof%2A%C3%BC.journal.contract.upsell", "journal-books.of*ü-42"),
            ("deltabook.books%2Eof%2A%C3%BC.journal.customer.churn", "journal-books.of*ü-43"),
        ]
    );
    assert_payload("nats-journal", &found[0].2);
    assert_payload("nats-journal-reversal", &found[1].2);
}

#[tokio::test]
async fn nats_password_is_used_and_not_printed() {
    let mut server = Server::not_started(&format!("authorization {{ user: us, password: \"P-{CANARY}\" }}"));
    server.start();
    let known = json!({"user": "us", "password": {"env": "P"}});
    let nats = connected(try_open(&server.url(), known).await.unwrap()).await;
    assert_eq!(nats.deliver(&[upgraded()]).await, [DeliveryOutcome::Delivered]);
    let wrong = try_open(&server.url(), json!({"user": "us", "password": {"env": "Q"}})).await.unwrap();
    let outcomes = until(async || {
        let outcomes = wrong.deliver(&[upgraded()]).await;
        let is_refused = reason(&outcomes[0]).contains("authorization violation");
        if is_refused { Ok(outcomes) } else { Err(outcomes) }
    })
    .await;
    for shown in [format!("{nats:?}"), format!("{wrong:?} {outcomes:?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
    let mut with_token = Server::not_started(&format!("authorization {{ token: \"T-{CANARY}\" }}"));
    with_token.start();
    let nats = connected(try_open(&with_token.url(), json!({"token": {"env": "T"}})).await.unwrap()).await;
    assert_eq!(nats.deliver(&[upgraded()]).await, [DeliveryOutcome::Delivered]);
}

#[tokio::test]
async fn nats_credentials_file_is_used() {
    // The example of the library's documentation.
    let file = "-----BEGIN NATS USER JWT-----\neyJ0eXAiOiJqd3QiLCJhbGciOiJlZDI1NTE5.e30.c2ln\n------END NATS USER JWT------\n\n\
                -----BEGIN USER NKEY SEED-----\nSUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM\n\
                ------END USER NKEY SEED------\n";
    let given = json!({"url": "nats://127.0.0.1:1", "credentials": {"file": "deltabook.creds"}});
    let read = |_: &SecretSource| Ok(file.into());
    let opened = Nats::open(settings(given), EventFilter::default(), &read, Clock::system(), TenantId::only()).await;
    assert!(!format!("{:?}", opened.unwrap()).contains("SUAIO"));
}

#[tokio::test]
async fn nats_sink_settings_are_checked() {
    let url = "nats://127.0.0.1:1";
    for (url, others) in [
        (url, json!({"subject": "a..b"})),
        (url, json!({"subject": "a.*"})),
        (url, json!({"subject": "$JS"})),
        (url, json!({"stream": "a.b"})),
        (url, json!({"duplicate_window_hours": 0})),
        (url, json!({"user": "us"})),
        (url, json!({"password": {"env": "P"}})),
        (url, json!({"user": "us", "password": {"env": "P"}, "token": {"env": "T"}})),
        (url, json!({"credentials": {"env": "C"}})),
        ("nats://us:canary-4f1c@127.0.0.1", json!({})),
        ("http://127.0.0.1", json!({})),
        ("canary-4f1c", json!({})),
    ] {
        let error = try_open(url, others.clone()).await.unwrap_err();
        assert!(!error.contains(CANARY), "{error}");
    }
    assert!(serde_json::from_value::<NatsSettings>(json!({"url": url, "subjects": "x"})).is_err());
}
