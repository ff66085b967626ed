//! Events as CloudEvents 1.0, in JSON.

use std::borrow::Cow;

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::codec::envelope::Envelope;
use crate::events::event_filter::Choice;
use crate::events::sink::payload;

#[derive(Serialize)]
struct CloudEvent<'e> {
    specversion: &'static str,
    id: &'e str,
    source: &'e str,
    r#type: Cow<'e, str>,
    /// Whom it is about.
    subject: &'e str,
    time: String,
    datacontenttype: &'static str,
    data: Option<Box<RawValue>>,
}

/// The event and what is around it.
pub(super) fn json(envelope: &Envelope, choice: &Choice, source: &str) -> String {
    let event = CloudEvent {
        specversion: "1.0",
        id: &envelope.id,
        source,
        r#type: type_of(envelope, choice),
        subject: &envelope.customer_id,
        time: envelope.timestamp.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        datacontenttype: "application/json",
        data: RawValue::from_string(payload::json(envelope, choice)).ok(),
    };
    // Text under fixed names: there is nothing that JSON cannot hold.
    serde_json::to_string(&event).unwrap_or_default()
}

/// What the receiver calls it, if it does; else `deltabook.trial_started`.
fn type_of<'e>(envelope: &Envelope, choice: &'e Choice) -> Cow<'e, str> {
    match choice.names.get(envelope.event.as_str()) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("deltabook.{}", payload::word(envelope))),
    }
}
