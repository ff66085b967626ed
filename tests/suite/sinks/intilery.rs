//! What Intilery documents: <https://docs.intilery.com/docs/apis/api>.

use deltabook::clock::Clock;
use deltabook::domain::events::event::EventName;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::sink::DeliveryOutcome;
use deltabook::events::sink::intilery::Intilery;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::segment::assert_types;
use crate::support::sinks::events::{self as events, one_of_each, with};
use crate::support::sinks::payloads;
use crate::support::sinks::receiver::{Answer, Receiver};

fn open(settings: Value, filter: EventFilter) -> Result<Intilery, String> {
    let all = json!({ "auth_token": { "env": "KEY" }, "client": "acme", "concurrency": 1 });
    let settings = serde_json::from_value(with(all, &settings)).unwrap();
    Intilery::open(settings, filter, &|_| Ok(SecretString::from("AUTH_TOKEN")), Clock::system())
}

#[tokio::test]
async fn intilery_payloads_are_the_golden_ones() {
    let receiver = Receiver::start([]).await;
    let sink = open(json!({ "endpoint": receiver.url }), EventFilter::default()).unwrap();
    assert_eq!(sink.deliver(&one_of_each()).await, vec![DeliveryOutcome::Delivered; 9]);
    let bodies: Vec<_> = receiver.received().into_iter().map(|request| request.body).collect();
    payloads::assert_same("intilery.json", &format!("[{}]\n", bodies.join(",\n")));
}

#[tokio::test]
async fn intilery_requests_follow_the_documented_api() {
    let receiver = Receiver::start([]).await;
    let sink = open(json!({ "endpoint": receiver.url }), EventFilter::default()).unwrap();
    sink.deliver(&one_of_each()).await;
    let received = receiver.received();
    assert_eq!(received.len(), EventName::ALL.len(), "one request an event");
    for request in received {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/track/acme/acme/ACME/v1/track"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("auth-token"), Some("AUTH_TOKEN"));
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body["type"], "track");
        assert_eq!(body["userId"], "ana@brightwater.example");
        assert_eq!(body["context"]["groupId"], "brightwater");
        assert!(EventName::parse(body["event"].as_str().unwrap()).is_some());
        // As in the documentation: 2019-11-18T13:30:11.444Z.
        let timestamp = body["timestamp"].as_str().unwrap();
        assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
        assert!(body["messageId"].is_string());
        assert_types(&body["properties"]);
    }
}

#[tokio::test]
async fn intilery_accounts_and_brands_have_their_own_entities() {
    let receiver = Receiver::start([]).await;
    let with = |account, brand| json!({ "endpoint": receiver.url, "account": account, "brand": brand });
    for settings in [with("eu", None), with("eu", Some("SHOP")), with("a/../b", Some("?"))] {
        open(settings, EventFilter::default()).unwrap().deliver(&events::exact()[..1]).await;
    }
    let paths: Vec<_> = receiver.received().into_iter().map(|request| request.path).collect();
    let expected =
        ["/track/acme/eu/EU/v1/track", "/track/acme/eu/SHOP/v1/track", "/track/acme/a%2F..%2Fb/%3F/v1/track"];
    assert_eq!(paths, expected);
    assert!(open(json!({ "client": ".." }), EventFilter::default()).unwrap_err().contains("client"));
}

#[test]
fn intilery_events_are_no_commands() {
    let commands = [
        "identify",
        "track",
        "page",
        "screen",
        "group",
        "alias",
        "Identify",
        "send_email",
        "SEND_SMS",
        "send_print",
        "send_push",
        "start_journey",
        "Start_Journey ",
    ];
    for command in commands {
        let names = [("Canceled".to_owned(), command.to_owned())].into();
        let error = open(json!({}), EventFilter { names, ..EventFilter::default() }).unwrap_err();
        assert!(error.contains("is a command of Intilery"), "{error}");
    }
    let names = [("Canceled".to_owned(), "Sender Left".to_owned())].into();
    assert!(open(json!({}), EventFilter { names, ..EventFilter::default() }).is_ok());
}

#[tokio::test]
async fn intilery_decimals_are_exact() {
    let receiver = Receiver::start([]).await;
    let sink = open(json!({ "endpoint": receiver.url }), EventFilter::default()).unwrap();
    sink.deliver(&events::exact()).await;
    let bodies: String = receiver.received().into_iter().map(|request| request.body).collect();
    for number in [r#""mrr_delta":0.1,"#, r#""mrr":12345678901.123456,"#, r#""revenue":-98765432109876543.210987,"#] {
        assert!(bodies.contains(number), "{number} in {bodies}");
    }
}

#[tokio::test]
async fn intilery_answer_without_success_is_a_failure() {
    let receiver = Receiver::start([
        Answer::Body(200, r#"{"success": false}"#.to_owned()),
        Answer::Body(200, r#"{"success": true, "eventId": "7f72"}"#.to_owned()),
    ])
    .await;
    let sink = open(json!({ "endpoint": receiver.url }), EventFilter::default()).unwrap();
    let event = &events::exact()[..1];
    assert!(matches!(&sink.deliver(event).await[..], [DeliveryOutcome::Failed { .. }]));
    assert_eq!(sink.deliver(event).await, [DeliveryOutcome::Delivered]);
}
