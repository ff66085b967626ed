//! What KISSmetrics documents: <https://support.kissmetrics.io/reference/api-specifications-1>.

use std::collections::BTreeMap;
use std::fmt::Write;

use deltabook::clock::Clock;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::sink::kissmetrics::Kissmetrics;
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::sinks::events::{self as events, billed, one_of_each, upgraded};
use crate::support::sinks::payloads;
use crate::support::sinks::receiver::{Answer, Received, Receiver};

fn open(url: &str, filter: Value) -> Result<Kissmetrics, String> {
    let settings = serde_json::from_value(json!({ "api_key": { "env": "KEY" }, "endpoint": url, "concurrency": 1 }));
    let filter: EventFilter = serde_json::from_value(filter).unwrap();
    Kissmetrics::open(settings.unwrap(), filter, &|_| Ok(SecretString::from("API_KEY")), Clock::system())
}

async fn sent(filter: Value, events: &[OutgoingEvent]) -> Vec<Received> {
    let receiver = Receiver::start([]).await;
    let outcomes = open(&receiver.url, filter).unwrap().deliver(events).await;
    assert_eq!(outcomes, vec![DeliveryOutcome::Delivered; events.len()]);
    receiver.received()
}

fn form(request: &Received) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    let form: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(form.len(), pairs.len(), "each parameter is there once");
    form
}

#[tokio::test]
async fn kissmetrics_payloads_are_the_golden_ones() {
    let mut text = String::new();
    for event in one_of_each() {
        writeln!(text, "# {}", event.envelope.event).unwrap();
        for request in sent(json!({}), &[event]).await {
            writeln!(text, "{} {}\n{}", request.method, request.path, request.body).unwrap();
        }
    }
    payloads::assert_same("kissmetrics.txt", &text);
}

#[tokio::test]
async fn kissmetrics_requests_follow_the_documented_api() {
    for request in sent(json!({}), &one_of_each()).await {
        assert_eq!(request.method, "POST");
        assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
        let form = form(&request);
        assert_eq!((form["_k"].as_str(), form["_p"].as_str()), ("API_KEY", "ana@brightwater.example"));
        assert_eq!(form["_d"], "1", "the time is ours");
        assert!(form["_t"].parse::<i64>().unwrap() > 1_700_000_000, "a unix second");
        assert_eq!(form.contains_key("_n"), request.path == "/e");
        assert!(["/e", "/s"].contains(&request.path.as_str()), "{}", request.path);
        assert!(!form.contains_key("From Plan"));
    }
}

#[tokio::test]
async fn kissmetrics_change_is_an_event_and_person_properties() {
    let requests = sent(json!({}), &[upgraded()]).await;
    let paths: Vec<_> = requests.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/e", "/s"]);
    let (event, person) = (form(&requests[0]), form(&requests[1]));
    assert_eq!(event["_n"], "Upgraded");
    assert_eq!(event["Contract Ids"], "SUB-1, SUB-2");
    // The second of the outbox, which is not that of the timestamp.
    assert_eq!((event["_t"].as_str(), person["_t"].as_str()), ("1775001601", "1775001601"));
    let own: Vec<_> = person.iter().filter(|(name, _)| !name.starts_with('_')).collect();
    assert_eq!(own, [(&"MRR".to_owned(), &"392.5".to_owned()), (&"Plan".to_owned(), &"seats".to_owned())]);
}

#[tokio::test]
async fn kissmetrics_event_is_delivered_with_its_person_properties() {
    let receiver = Receiver::start([Answer::Status(200), Answer::Status(500)]).await;
    let sink = open(&receiver.url, json!({})).unwrap();
    let outcomes = sink.deliver(&[upgraded(), billed(5, "brightwater")]).await;
    assert!(matches!(&outcomes[..], [DeliveryOutcome::Failed { .. }, DeliveryOutcome::Held]), "{outcomes:?}");
    assert_eq!(sink.deliver(&[upgraded()]).await, [DeliveryOutcome::Delivered]);
    let received = receiver.received();
    assert_eq!(received.len(), 4);
    assert_eq!(received[..2], received[2..], "a retry is the same");
}

#[tokio::test]
async fn kissmetrics_decimals_are_exact() {
    let requests = sent(json!({}), &events::exact()).await;
    let (change, person, charge) = (form(&requests[0]), form(&requests[1]), form(&requests[2]));
    assert_eq!((change["MRR Delta"].as_str(), change["MRR"].as_str()), ("0.1", "12345678901.123456"));
    assert_eq!(person["MRR"], "12345678901.123456");
    assert_eq!(charge["Billing Amount"], "-98765432109876543.210987");
    assert_eq!(charge["Revenue"], charge["Billing Amount"]);
}

#[tokio::test]
async fn kissmetrics_names_can_be_chosen() {
    let filter =
        json!({ "names": { "Upgraded": "Plan Grew" }, "properties": { "MRR": "", "Plan": "", "Reason": "Why" } });
    let requests = sent(filter, &[upgraded()]).await;
    assert_eq!(requests.len(), 1, "nothing is left to say of the person");
    let form = form(&requests[0]);
    assert_eq!((form["_n"].as_str(), form["Why"].as_str()), ("Plan Grew", "two new teams"));
    assert!(!form.contains_key("MRR") && !form.contains_key("Reason"));
}

#[test]
fn kissmetrics_refuses_names_that_it_would_change() {
    let wrong = [
        (json!({ "names": { "Upgraded": "Plan: up" } }), "no colon"),
        (json!({ "names": { "Upgraded": "u".repeat(256) } }), "255"),
        (json!({ "names": { "Upgraded": "canceled" } }), "two events"),
        (json!({ "names": { "Upgraded": " " } }), "an empty name"),
        (json!({ "names": { "Grown": "Upgraded" } }), "is not an event"),
        (json!({ "properties": { "MRR": "_k" } }), "KISSmetrics' own"),
        (json!({ "properties": { "MRR": "Currency" } }), "two properties"),
        (json!({ "properties": { "From Plan": "Before" } }), "is not a property"),
    ];
    for (filter, says) in wrong {
        let error = open("https://trk.kissmetrics.io", filter).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn kissmetrics_refuses_identities_that_it_would_cut() {
    let receiver = Receiver::start([]).await;
    let mut long = billed(1, "brightwater");
    long.envelope.identity = "i".repeat(256);
    let outcomes = open(&receiver.url, json!({})).unwrap().deliver(&[long, billed(2, "brightwater")]).await;
    assert!(matches!(&outcomes[..], [DeliveryOutcome::Refused { .. }, DeliveryOutcome::Delivered]), "{outcomes:?}");
    assert_eq!(receiver.received().len(), 1);
}
