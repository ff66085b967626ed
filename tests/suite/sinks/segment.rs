//! What Segment documents: <https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/>, and what
//! its own library sends.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::NaiveDate;
use deltabook::clock::Clock;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::sink::segment::Segment;
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::sinks::events::{self as events, billed, one_of_each, upgraded};
use crate::support::sinks::payloads;
use crate::support::sinks::receiver::{Answer, Received, Receiver};

fn open(receiver: &Receiver, group: bool) -> Segment {
    let endpoint = format!("{}/v1/batch", receiver.url);
    let settings = json!({ "write_key": { "env": "KEY" }, "endpoint": endpoint, "group": group });
    let settings = serde_json::from_value(settings).unwrap();
    Segment::open(settings, EventFilter::default(), &|_| Ok(SecretString::from("WRITE_KEY")), Clock::system()).unwrap()
}

async fn sent(group: bool, events: &[OutgoingEvent]) -> Vec<Received> {
    let receiver = Receiver::start([]).await;
    assert_eq!(open(&receiver, group).deliver(events).await, vec![DeliveryOutcome::Delivered; events.len()]);
    receiver.received()
}

fn calls(request: &Received) -> Vec<Value> {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    body.get("batch").unwrap().as_array().unwrap().clone()
}

fn credentials(request: &Received) -> String {
    let encoded = request.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap()
}

/// The types that the B2B SaaS specification and the documentation of Deltabook give the properties.
pub fn assert_types(properties: &Value) {
    for (name, value) in properties.as_object().unwrap() {
        let is_right = match name.as_str() {
            "mrr" | "mrr_delta" | "quantity_before" | "quantity_after" | "billing_amount" | "revenue" => {
                value.is_number()
            }
            "trial_start_date" | "trial_end_date" | "effective_date" => {
                value.as_str().is_some_and(|date| date.parse::<NaiveDate>().is_ok())
            }
            "contract_ids" => value.as_array().is_some_and(|ids| ids.iter().all(Value::is_string)),
            "account_name"
            | "plan_name"
            | "trial_plan_name"
            | "category"
            | "subcategory"
            | "currency"
            | "reason"
            | "billing_description"
            | "charge_id" => value.is_string(),
            _ => false,
        };
        assert!(is_right, "{name}: {value}");
    }
}

#[tokio::test]
async fn segment_payloads_are_the_golden_ones() {
    for (file, group) in [("segment.json", false), ("segment_with_group.json", true)] {
        let requests = sent(group, &one_of_each()).await;
        assert_eq!(requests.len(), 1);
        // A call a line, else as it was sent.
        payloads::assert_same(file, &format!("{}\n", requests[0].body.replace(r#"},{"type""#, "},\n{\"type\"")));
    }
}

#[tokio::test]
async fn segment_requests_follow_the_documented_api() {
    let requests = sent(false, &one_of_each()).await;
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/batch"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(credentials(request), "WRITE_KEY:", "the key is the user, and there is no password");
    for (call, event) in calls(request).iter().zip(one_of_each()) {
        assert_eq!(call["type"], "track");
        assert_eq!(call["event"], event.envelope.event.as_str());
        assert_eq!(call["messageId"], event.envelope.id);
        assert_eq!(call["userId"], "ana@brightwater.example");
        assert_eq!(call["context"]["groupId"], "brightwater");
        assert_types(&call["properties"]);
    }
    let properties = |place: usize| calls(request)[place]["properties"].clone();
    assert_eq!(properties(0), json!({ "account_name": "Brightwater Ltd" }));
    let trial = json!({ "trial_plan_name": "seats", "trial_start_date": "2025-12-18", "trial_end_date": "2026-01-01" });
    assert_eq!((properties(1), properties(2)), (trial.clone(), trial));
    assert_eq!((properties(6)["revenue"].as_f64(), properties(6)["currency"].as_str()), (Some(-40.25), Some("USD")));
}

/// The names and types of a call.
fn shape(prefix: &str, value: &Value, into: &mut BTreeMap<String, &'static str>) {
    let kind = match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| shape(&format!("{prefix}/{name}"), value, into));
            return;
        }
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
    };
    into.insert(prefix.to_owned(), kind);
}

#[tokio::test]
async fn segment_calls_equal_those_of_its_library() {
    let captured: Value = serde_json::from_str(&payloads::read("segment_analytics_python.json")).unwrap();
    let requests = sent(true, &[upgraded()]).await;
    let (ours, calls) = (&requests[0], calls(&requests[0]));
    assert_eq!(calls.len(), 2, "track and group");
    for (theirs, call) in captured.as_array().unwrap().iter().zip(&calls) {
        assert_eq!((theirs["method"].as_str(), theirs["path"].as_str()), (Some("POST"), Some(ours.path.as_str())));
        assert_eq!(theirs["content_type"].as_str(), ours.header("content-type"));
        assert_eq!(theirs["authorization"], json!({ "scheme": "Basic", "credentials": credentials(ours) }));

        let (mut their_shape, mut our_shape) = (BTreeMap::new(), BTreeMap::new());
        let their_call = &theirs["body"]["batch"][0];
        shape("", their_call, &mut their_shape);
        shape("", call, &mut our_shape);
        // The differences, all of them: what the library sends without a value.
        assert_eq!(their_shape.remove("/anonymousId"), Some("null"));
        assert_eq!(their_call["integrations"], json!({}));
        assert_eq!(our_shape, their_shape);

        // The same values, but for who sends it and how the same instant is written.
        let (mut their_call, mut our_call) = (their_call.clone(), call.clone());
        for call in [&mut their_call, &mut our_call] {
            let fields = call.as_object_mut().unwrap();
            let timestamp = fields.remove("timestamp").unwrap();
            let instant = chrono::DateTime::parse_from_rfc3339(timestamp.as_str().unwrap()).unwrap();
            assert_eq!(instant, upgraded().envelope.timestamp);
            fields.remove("anonymousId");
            fields.remove("integrations");
            fields["context"]["library"] = json!({});
        }
        assert_eq!(our_call, their_call);
    }
    // Around the batch: the library says the key a second time, and when it sent it.
    let around = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(around(&captured[0]["body"]), ["batch", "sentAt", "writeKey"]);
    assert_eq!(around(&serde_json::from_str(&ours.body).unwrap()), ["batch"]);
}

#[tokio::test]
async fn segment_decimals_are_exact() {
    let requests = sent(true, &events::exact()).await;
    let body = &requests[0].body;
    for number in [
        r#""mrr_delta":0.1,"#,
        r#""mrr":12345678901.123456,"#,
        r#""mrr":12345678901.123456}"#,
        r#""quantity_after":0.3333333333333333333333333333,"#,
        r#""billing_amount":-98765432109876543.210987,"#,
        r#""revenue":-98765432109876543.210987,"#,
    ] {
        assert!(body.contains(number), "{number} in {body}");
    }
}

#[tokio::test]
async fn segment_batches_keep_limits_and_order() {
    let events: Vec<_> = (0..2_600).map(|sequence| billed(sequence, &format!("c{}", sequence % 100))).collect();
    let requests = sent(false, &events).await;
    assert!(requests.iter().all(|request| request.body.len() <= 500_000 && calls(request).len() <= 2_500));
    assert!(requests.len() <= 3, "{} requests", requests.len());
    let ids: Vec<_> = requests.iter().flat_map(calls).map(|call| call["messageId"].clone()).collect();
    let expected: Vec<_> = events.iter().map(|event| json!(event.envelope.id)).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn segment_event_that_is_too_large_is_refused_alone() {
    let receiver = Receiver::start([]).await;
    let mut large = billed(1, "acme");
    large.envelope.description = Some("x".repeat(32 << 10));
    let outcomes = open(&receiver, false).deliver(&[large, billed(2, "acme")]).await;
    assert!(matches!(&outcomes[..], [DeliveryOutcome::Refused { .. }, DeliveryOutcome::Delivered]), "{outcomes:?}");
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn segment_bad_event_does_not_fail_its_batch() {
    // Of four the third is bad: all, the first half, the second half, the third, the fourth.
    let receiver = Receiver::start([400, 200, 400, 400, 200].map(Answer::Status)).await;
    let events: Vec<_> = (0..4).map(|sequence| billed(sequence, "acme")).collect();
    let outcomes = open(&receiver, false).deliver(&events).await;
    let delivered = || DeliveryOutcome::Delivered;
    let refused = DeliveryOutcome::Refused { reason: "answered 400".to_owned() };
    assert_eq!(outcomes, [delivered(), delivered(), refused, delivered()]);
}

#[tokio::test]
async fn segment_failing_batch_holds_back_later_events() {
    let receiver = Receiver::start([Answer::Status(200), Answer::Status(500)]).await;
    let mut events: Vec<_> = (0..2_000).map(|sequence| billed(sequence, "acme")).collect();
    events.push(billed(2_000, "other"));
    let outcomes = open(&receiver, false).deliver(&events).await;
    let sent = receiver.received();
    assert_eq!(sent.len(), 2, "the second fails, and is not followed");
    let first = calls(&sent[0]).len();
    assert!(outcomes[..first].iter().all(|outcome| *outcome == DeliveryOutcome::Delivered));
    assert!(matches!(outcomes[first], DeliveryOutcome::Failed { .. }));
    assert!(outcomes[first + 1..2_000].iter().all(|outcome| *outcome == DeliveryOutcome::Held));
    assert!(matches!(outcomes[2_000], DeliveryOutcome::Failed { .. }), "each customer's first is due again");
}
