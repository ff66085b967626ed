//! Webhooks, against receivers on this machine; their signatures are verified by the specification's own library.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deltabook::clock::Clock;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::secret::SecretSource;
use deltabook::events::sink::webhook::{Webhook, WebhookSettings};
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};
use standardwebhooks::Webhook as Verifier;

use crate::support::canary::CANARY;
use crate::support::sinks::outcomes::{assert_payload, billed, reason, renaming, settings, trial_started, upgraded};
use crate::support::sinks::receiver::{Answer, Received, Receiver, nobody};

/// As the specification writes a key; of each name another one.
fn key(name: &str) -> String {
    format!("whsec_{}", STANDARD.encode(format!("{name}-{CANARY}-{}", "k".repeat(24))))
}

#[expect(clippy::unnecessary_wraps, reason = "as the configuration does it")]
fn read(source: &SecretSource) -> Result<SecretString, String> {
    match source {
        SecretSource::Env(name) if name == "SHORT" => Ok(STANDARD.encode(CANARY).into()),
        SecretSource::Env(name) if name == "PLAIN" => Ok(format!("not base64: {CANARY}").into()),
        SecretSource::Env(name) => Ok(key(name).into()),
        SecretSource::File(path) => Ok(format!("{}\n", key(&path.display().to_string())).into()),
    }
}

fn try_open(url: &str, others: Value, filter: EventFilter) -> Result<Webhook, String> {
    let mut given = json!({"url": url, "secrets": [{"env": "NEW"}, {"file": "old"}]});
    given.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    Webhook::open(settings(given), filter, &read, Clock::system())
}

/// To a receiver on this machine, as only its operator can allow.
fn open(url: &str) -> Webhook {
    try_open(url, json!({"allow_private": true, "allow_http": true}), EventFilter::default()).unwrap()
}

fn headers(received: &Received) -> HeaderMap {
    let pair = |(name, value): &(String, String)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    received.headers.iter().map(pair).collect()
}

#[tokio::test]
async fn webhook_event_is_a_signed_cloud_event() {
    let receiver = Receiver::start([Answer::Status(202), Answer::Status(204)]).await;
    let webhook = open(&format!("{}/hooks/deltabook?team=1", receiver.url));
    assert_eq!(webhook.deliver(&[upgraded()]).await, [DeliveryOutcome::Delivered]);
    assert_eq!(webhook.deliver(&[trial_started()]).await, [DeliveryOutcome::Delivered]);
    let received = receiver.received();
    let [upgrade, trial] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!((upgrade.method.as_str(), upgrade.path.as_str()), ("POST", "/hooks/deltabook?team=1"));
    assert_eq!(upgrade.header("content-type"), Some("application/cloudevents+json; charset=utf-8"));
    assert_eq!(upgrade.header("webhook-id"), Some(upgraded().envelope.id.as_str()));
    assert_payload("webhook-upgraded", &upgrade.body);
    assert_payload("webhook-trial-started", &trial.body);
    let signature = upgrade.header("webhook-signature").unwrap();
    assert_eq!(signature.split(' ').filter(|one| one.starts_with("v1,")).count(), 2, "{signature}");
    for name in ["NEW", "old"] {
        let verifier = Verifier::new(&key(name)).unwrap();
        verifier.verify(upgrade.body.as_bytes(), &headers(upgrade)).unwrap();
        verifier.verify(trial.body.as_bytes(), &headers(trial)).unwrap();
        assert!(verifier.verify(trial.body.as_bytes(), &headers(upgrade)).is_err());
    }
    assert!(Verifier::new(&key("other")).unwrap().verify(upgrade.body.as_bytes(), &headers(upgrade)).is_err());
}

#[tokio::test]
async fn webhook_names_can_be_chosen() {
    let receiver = Receiver::start([]).await;
    let others = json!({"allow_private": true, "allow_http": true, "source": "/deltabook/eu"});
    try_open(&receiver.url, others, renaming()).unwrap().deliver(&[upgraded()]).await;
    assert_payload("webhook-renamed", &receiver.received()[0].body);
}

#[tokio::test]
async fn webhook_answers_decide_the_delivery_outcome() {
    type Expected = fn(&DeliveryOutcome) -> bool;
    let failed = |outcome: &DeliveryOutcome| matches!(outcome, DeliveryOutcome::Failed { .. });
    let refused = |outcome: &DeliveryOutcome| matches!(outcome, DeliveryOutcome::Refused { .. });
    let disabled = |outcome: &DeliveryOutcome| matches!(outcome, DeliveryOutcome::Disabled { .. });
    let delivered = |outcome: &DeliveryOutcome| *outcome == DeliveryOutcome::Delivered;
    let elsewhere = Receiver::start([]).await;
    let redirect = |status| Answer::Headers(status, vec![("location", elsewhere.url.clone())]);
    let cases: [(Answer, Expected); 11] = [
        (Answer::Status(200), delivered),
        (Answer::Status(299), delivered),
        (Answer::Body(200, "{\"success\":false}".to_owned()), delivered),
        (Answer::Status(410), disabled),
        (Answer::Status(400), refused),
        (Answer::Status(401), failed),
        (Answer::Status(429), failed),
        (Answer::Status(500), failed),
        (redirect(301), failed),
        (redirect(307), failed),
        (Answer::HangUp, failed),
    ];
    for (answer, expected) in cases {
        let receiver = Receiver::start([answer.clone()]).await;
        let outcomes = open(&receiver.url).deliver(&[upgraded()]).await;
        assert!(expected(&outcomes[0]), "{answer:?}: {outcomes:?}");
        assert_eq!(receiver.received().len(), 1);
    }
    assert_eq!(elsewhere.received(), []);
    assert!(failed(&open(&nobody().await).deliver(&[upgraded()]).await[0]));
}

#[tokio::test]
async fn webhook_events_of_a_customer_keep_their_order() {
    let receiver = Receiver::start([Answer::Status(503)]).await;
    let webhook = open(&receiver.url);
    let outcomes = webhook.deliver(&[billed(1, 1), billed(2, 1)]).await;
    assert!(matches!(outcomes.as_slice(), [DeliveryOutcome::Failed { .. }, DeliveryOutcome::Held]), "{outcomes:?}");
    let events: Vec<OutgoingEvent> = (0..400).map(|number| billed(number, 40)).collect();
    // As the relay runs it.
    let outcomes = tokio::spawn(async move { webhook.deliver(&events).await }).await.unwrap();
    assert_eq!(outcomes, vec![DeliveryOutcome::Delivered; 400]);
    let charges = receiver.received().into_iter().skip(1).map(|received| {
        let event: Value = serde_json::from_str(&received.body).unwrap();
        event["data"]["charge_id"].as_str().unwrap().strip_prefix("ch-").unwrap().parse::<i64>().unwrap()
    });
    let charges: Vec<i64> = charges.collect();
    for customer in 0..40 {
        let own: Vec<_> = charges.iter().filter(|number| *number % 40 == customer).collect();
        assert!(own.len() == 10 && own.is_sorted(), "{own:?}");
    }
}

#[tokio::test]
async fn webhook_refuses_private_addresses_in_each_notation() {
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
    ] {
        let refused = try_open(&format!("https://{host}:8443/hook"), json!({}), EventFilter::default());
        let error = refused.map(|_| host).unwrap_err();
        assert!(error.contains("is not public"), "{host}: {error}");
        let allowed = json!({"allow_private": true});
        assert!(try_open(&format!("https://{host}/hook"), allowed, EventFilter::default()).is_ok(), "{host}");
    }
    for host in ["1.1.1.1", "[2606:4700::1111]", "hooks.example", "localhost"] {
        assert!(try_open(&format!("https://{host}/"), json!({}), EventFilter::default()).is_ok(), "{host}");
    }
}

#[tokio::test]
async fn webhook_refuses_names_of_private_addresses() {
    let receiver = Receiver::start([]).await;
    let by_name = receiver.url.replace("127.0.0.1", "localhost");
    let guarded = try_open(&by_name, json!({"allow_http": true}), EventFilter::default()).unwrap();
    let outcomes = guarded.deliver(&[upgraded()]).await;
    assert!(reason(&outcomes[0]).contains("localhost is not a public address"), "{outcomes:?}");
    assert!(matches!(outcomes[0], DeliveryOutcome::Failed { .. }));
    assert_eq!(receiver.received(), []);
    assert_eq!(open(&by_name).deliver(&[upgraded()]).await, [DeliveryOutcome::Delivered]);
}

#[tokio::test]
async fn webhook_sink_settings_are_checked_without_printing_secrets() {
    for (url, others) in [
        ("http://hooks.example", json!({})),
        ("ftp://hooks.example", json!({"allow_http": true})),
        ("https://us:canary-4f1c@hooks.example", json!({})),
        ("https://canary-4f1c@hooks.example", json!({})),
        ("https://hooks.example/#part", json!({})),
        ("hooks.example/canary-4f1c", json!({})),
        ("https://", json!({})),
        ("https://hooks.example", json!({"secrets": []})),
        ("https://hooks.example", json!({"secrets": [{"env": "SHORT"}]})),
        ("https://hooks.example", json!({"secrets": [{"env": "PLAIN"}]})),
        ("https://hooks.example", json!({"source": ""})),
        ("https://hooks.example", json!({"source": "a b"})),
    ] {
        let error = try_open(url, others, EventFilter::default()).unwrap_err();
        assert!(!error.contains(CANARY), "{error}");
    }
    let unknown = json!({"url": "https://hooks.example", "secrets": [], "secret": "x"});
    assert!(serde_json::from_value::<WebhookSettings>(unknown).is_err());
    let concurrency = json!({"url": "https://hooks.example", "secrets": [], "concurrency": 0});
    assert!(serde_json::from_value::<WebhookSettings>(concurrency).is_err());
    let webhook = open(&format!("{}/{CANARY}", nobody().await));
    let shown = format!("{webhook:?} {:?}", webhook.deliver(&[upgraded()]).await);
    assert!(!shown.contains(CANARY) && !shown.contains("whsec_"), "{shown}");
    assert!(!shown.contains(key("NEW").trim_start_matches("whsec_")), "{shown}");
}
