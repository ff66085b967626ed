//! What holds for every sink that speaks HTTP: what an answer means, and that secrets stay where they are.

use std::time::Duration;

use deltabook::clock::Clock;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::secret::SecretSource;
use deltabook::events::sink::intilery::Intilery;
use deltabook::events::sink::kissmetrics::Kissmetrics;
use deltabook::events::sink::segment::Segment;
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::canary::{self, CANARY};
use crate::support::sinks::events::{billed, one_of_each, with};
use crate::support::sinks::receiver::{Answer, Receiver, nobody};

#[derive(Debug)]
enum Sink {
    Kissmetrics(Kissmetrics),
    Segment(Segment),
    Intilery(Intilery),
}

const KINDS: [&str; 3] = ["kissmetrics", "segment", "intilery"];

impl Sink {
    fn open_with(kind: &str, url: &str, secret: &str, more: Value) -> Result<Self, String> {
        canary::watch();
        let read = |_: &SecretSource| Ok(SecretString::from(secret));
        let settings = json!({ "endpoint": url, "timeouts": { "connect_seconds": 60, "total_seconds": 60 } });
        let own = match kind {
            "kissmetrics" => json!({ "api_key": { "env": "KEY" } }),
            "segment" => json!({ "write_key": { "env": "KEY" } }),
            _ => json!({ "auth_token": { "env": "KEY" }, "client": "acme" }),
        };
        let settings = with(with(settings, &own), &more);
        let (filter, clock) = (EventFilter::default(), Clock::system());
        let wrong = |error: serde_json::Error| error.to_string();
        Ok(match kind {
            "kissmetrics" => {
                let settings = serde_json::from_value(settings).map_err(wrong)?;
                Self::Kissmetrics(Kissmetrics::open(settings, filter, &read, clock)?)
            }
            "segment" => {
                let settings = serde_json::from_value(settings).map_err(wrong)?;
                Self::Segment(Segment::open(settings, filter, &read, clock)?)
            }
            _ => {
                let settings = serde_json::from_value(settings).map_err(wrong)?;
                Self::Intilery(Intilery::open(settings, filter, &read, clock)?)
            }
        })
    }

    fn open(kind: &str, url: &str) -> Self {
        Self::open_with(kind, url, CANARY, json!({})).unwrap()
    }

    async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        match self {
            Self::Kissmetrics(sink) => sink.deliver(events).await,
            Self::Segment(sink) => sink.deliver(events).await,
            Self::Intilery(sink) => sink.deliver(events).await,
        }
    }

    async fn deliver_one(&self) -> DeliveryOutcome {
        self.deliver(&[billed(1, "acme")]).await.remove(0)
    }
}

fn failed(reason: &str, retry_after: Option<u64>) -> DeliveryOutcome {
    DeliveryOutcome::Failed { reason: reason.to_owned(), retry_after: retry_after.map(Duration::from_secs) }
}

#[tokio::test]
async fn http_status_decides_the_delivery_outcome() {
    let retry_after = |seconds: &str| vec![("retry-after", seconds.to_owned())];
    let refused = || DeliveryOutcome::Refused { reason: "answered 400".to_owned() };
    for kind in KINDS {
        let cases = [
            (Answer::Status(200), DeliveryOutcome::Delivered),
            (Answer::Status(202), DeliveryOutcome::Delivered),
            (Answer::Status(500), failed("answered 500", None)),
            (Answer::Headers(503, retry_after("120")), failed("answered 503", Some(120))),
            (Answer::Headers(429, retry_after("7")), failed("answered 429", Some(7))),
            (Answer::Headers(429, retry_after("999999")), failed("answered 429", Some(86_400))),
            (Answer::Status(400), refused()),
            (Answer::Body(400, CANARY.repeat(100_000)), refused()),
            (Answer::Status(401), failed("answered 401: it does not accept the key", None)),
            (Answer::Status(403), failed("answered 403: it does not accept the key", None)),
            (Answer::Status(410), DeliveryOutcome::Disabled { reason: "answered 410: it is gone".to_owned() }),
        ];
        for (answer, outcome) in cases {
            let receiver = Receiver::start([answer.clone()]).await;
            assert_eq!(Sink::open(kind, &receiver.url).deliver_one().await, outcome, "{kind}");
            assert_eq!(receiver.received().len(), 1, "{kind}");
        }
        let receiver = Receiver::start([Answer::Silence]).await;
        let timeouts = json!({ "timeouts": { "connect_seconds": 60, "total_seconds": 3 } });
        let sink = Sink::open_with(kind, &receiver.url, CANARY, timeouts).unwrap();
        assert_eq!(sink.deliver_one().await, failed("no answer within 3 s", None), "{kind}");
        assert_eq!(receiver.received().len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn http_retry_after_can_be_a_date() {
    let date = Clock::system().now() + Duration::from_mins(5);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let receiver = Receiver::start([Answer::Headers(503, vec![("retry-after", date)])]).await;
    match Sink::open("segment", &receiver.url).deliver_one().await {
        DeliveryOutcome::Failed { retry_after: Some(wait), .. } => {
            assert!((60..=300).contains(&wait.as_secs()), "{wait:?}");
        }
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn http_sink_retries_without_an_answer() {
    for kind in KINDS {
        let outcome = Sink::open(kind, &nobody().await).deliver_one().await;
        assert!(
            matches!(&outcome, DeliveryOutcome::Failed { reason, .. } if reason.starts_with("no connection: ")),
            "{outcome:?}"
        );
        let receiver = Receiver::start([Answer::HangUp]).await;
        let outcome = Sink::open(kind, &receiver.url).deliver_one().await;
        assert!(
            matches!(&outcome, DeliveryOutcome::Failed { reason, .. } if reason.starts_with("no answer: ")),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn http_sink_does_not_follow_redirects() {
    for kind in KINDS {
        let elsewhere = Receiver::start([]).await;
        for status in [301, 302, 303, 307, 308] {
            let receiver = Receiver::start([Answer::Headers(status, vec![("location", elsewhere.url.clone())])]).await;
            let reason = format!("answered {status}: redirects are not followed");
            assert_eq!(Sink::open(kind, &receiver.url).deliver_one().await, failed(&reason, None));
        }
        assert_eq!(elsewhere.received(), []);
    }
}

#[tokio::test]
async fn http_sink_retries_with_the_same_bytes() {
    for kind in KINDS {
        let receiver = Receiver::start([Answer::Status(500)]).await;
        let sink = Sink::open(kind, &receiver.url);
        assert!(matches!(sink.deliver_one().await, DeliveryOutcome::Failed { .. }));
        assert_eq!(sink.deliver_one().await, DeliveryOutcome::Delivered);
        let received = receiver.received();
        assert_eq!(received.len(), 2);
        assert_eq!(received[0], received[1], "{kind}");
    }
}

#[tokio::test]
async fn http_sink_failure_holds_back_later_events_of_the_customer() {
    for kind in KINDS {
        let receiver = Receiver::start([Answer::Status(500)]).await;
        let events = [billed(1, "acme"), billed(2, "acme"), billed(3, "acme")];
        let outcomes = Sink::open(kind, &receiver.url).deliver(&events).await;
        assert_eq!(outcomes, [failed("answered 500", None), DeliveryOutcome::Held, DeliveryOutcome::Held], "{kind}");
        assert_eq!(receiver.received().len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn http_sink_secrets_are_not_printed() {
    for kind in KINDS {
        let answers = [200, 500, 401, 400, 410].map(Answer::Status).into_iter().chain([Answer::HangUp]);
        let receiver = Receiver::start(answers).await;
        let sink = Sink::open(kind, &receiver.url);
        let mut output = vec![format!("{sink:?}")];
        for _ in 0..6 {
            output.push(format!("{:?}", sink.deliver_one().await));
        }
        output.push(format!("{:?}", Sink::open(kind, &nobody().await).deliver_one().await));
        for (url, secret, more) in [
            ("no url", CANARY, json!({})),
            ("https://user:canary-4f1c@receiver.example", CANARY, json!({})),
            ("https://receiver.example?key=canary-4f1c", CANARY, json!({})),
            ("https://receiver.example", CANARY, json!({ "unknown": true })),
            ("https://receiver.example", "", json!({})),
        ] {
            output.push(Sink::open_with(kind, url, secret, more).unwrap_err());
        }
        output.push(Sink::open_with("intilery", "https://receiver.example", "canary-4f1c\n", json!({})).unwrap_err());
        assert!(!output.iter().any(|text| text.contains(CANARY)), "{output:?}");
        assert!(receiver.received().iter().all(|request| !request.path.contains(CANARY)));
    }
}

#[tokio::test]
async fn http_sinks_are_send_and_sync() {
    let receiver = Receiver::start([]).await;
    for kind in KINDS {
        let (sink, events) = (Sink::open(kind, &receiver.url), one_of_each());
        let delivery = tokio::spawn(async move { sink.deliver(&events).await });
        assert_eq!(delivery.await.unwrap(), vec![DeliveryOutcome::Delivered; 9]);
    }
}
