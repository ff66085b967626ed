//! Segment: its HTTP tracking API, <https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/>.
//!
//! A batch has no `sentAt`: Segment would move the timestamps by how long the request took, and a retry would not be the
//! same to the byte. Segment tells a repeat by its `messageId`, for about a day.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use reqwest::{Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::clock::Clock;
use crate::codec::envelope::Envelope;
use crate::events::event_filter::Choice;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::http::{Http, Timeouts, parse_endpoint, read_key};
use crate::events::sink::track::{Call, NAMES, NAMES_WITH_GROUP};
use crate::events::sink::{Outcome, Outgoing};

/// Segment's limits. It answers 200 to a batch of more calls, and throws away those above.
const LONGEST_CALL: usize = 32 << 10;
const LONGEST_BATCH: usize = 500_000;
const MOST_CALLS: usize = 2_500;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub write_key: SecretSource,
    #[serde(default = "default_endpoint")]
    pub endpoint: String,
    /// Whether Segment is also told what the customer is now: a `group` call after each event that carries MRR.
    #[serde(default)]
    pub group: bool,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn default_endpoint() -> String {
    "https://api.segment.io/v1/batch".to_owned()
}

#[derive(Debug)]
pub struct Segment {
    http: Http,
    write_key: SecretString,
    endpoint: Url,
    group: bool,
    choice: Choice,
}

/// An event as it is sent.
struct Written<'e> {
    place: usize,
    customer_id: &'e str,
    /// In JSON, with commas between them.
    calls: String,
    count: usize,
}

impl Segment {
    /// # Errors
    /// What is wrong with the settings or the choice.
    pub fn open(settings: Settings, choice: Choice, read: ReadSecret<'_>, clock: Clock) -> Result<Self, String> {
        let names = if settings.group { NAMES_WITH_GROUP } else { NAMES };
        names.check(&choice)?;
        Ok(Self {
            http: Http::open(settings.timeouts, clock)?,
            write_key: read_key("write_key", &settings.write_key, read)?,
            endpoint: parse_endpoint(&settings.endpoint)?,
            group: settings.group,
            choice,
        })
    }

    /// Which events it gets.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// What becomes of each event; they are in outbox order.
    pub async fn deliver(&self, events: &[Outgoing]) -> Vec<Outcome> {
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut all = Vec::new();
        for (place, event) in events.iter().enumerate() {
            match self.write(&event.envelope) {
                Ok((calls, count)) => {
                    all.push(Written { place, customer_id: &event.envelope.customer_id, calls, count });
                }
                Err(reason) => _ = outcomes.insert(place, Outcome::Refused { reason }),
            }
        }
        // One after the other: that keeps each customer's order.
        let mut batches = batches(all);
        while let Some(batch) = batches.pop_front() {
            match self.send(&batch).await {
                Outcome::Refused { .. } if batch.len() > 1 => in_halves(batch, &mut batches),
                outcome @ (Outcome::Failed { .. } | Outcome::Disabled { .. }) => {
                    // What comes after would fail too, or be asked too early.
                    let mut customers = BTreeSet::new();
                    let waiting = batch.iter().chain(batches.iter().flatten());
                    let first = waiting.filter(|event| customers.insert(event.customer_id));
                    outcomes.extend(first.map(|event| (event.place, outcome.clone())));
                    break;
                }
                outcome => outcomes.extend(batch.iter().map(|event| (event.place, outcome.clone()))),
            }
        }
        (0..events.len()).map(|place| outcomes.remove(&place).unwrap_or(Outcome::Held)).collect()
    }

    /// The calls of an event, and how many they are.
    fn write(&self, event: &Envelope) -> Result<(String, usize), String> {
        let group = if self.group { Call::group(event, &self.choice) } else { None };
        let calls: Result<Vec<_>, _> =
            [Call::track(event, &self.choice)].iter().chain(&group).map(Call::json).collect();
        let calls = calls?;
        match calls.iter().map(String::len).find(|length| *length > LONGEST_CALL) {
            Some(length) => Err(format!("{length} bytes are more than the {LONGEST_CALL} that Segment takes")),
            None => Ok((calls.join(","), calls.len())),
        }
    }

    async fn send(&self, batch: &[Written<'_>]) -> Outcome {
        let calls: Vec<_> = batch.iter().map(|event| event.calls.as_str()).collect();
        let request = self.http.post(&self.endpoint).header(header::CONTENT_TYPE, "application/json");
        let request = request.basic_auth(self.write_key.expose_secret(), Some(""));
        self.http.deliver(request.body(format!("{BEFORE}{}{AFTER}", calls.join(",")))).await
    }
}

/// Around the calls of a batch.
const BEFORE: &str = r#"{"batch":["#;
const AFTER: &str = "]}";

/// As few batches as the limits allow.
fn batches(events: Vec<Written<'_>>) -> VecDeque<Vec<Written<'_>>> {
    let empty = BEFORE.len() + AFTER.len();
    let mut batches: VecDeque<Vec<Written<'_>>> = VecDeque::new();
    let (mut length, mut count) = (0, 0);
    for event in events {
        // With a comma.
        length += event.calls.len() + 1;
        count += event.count;
        match batches.back_mut() {
            Some(batch) if length <= LONGEST_BATCH && count <= MOST_CALLS => batch.push(event),
            _ => {
                (length, count) = (empty + event.calls.len(), event.count);
                batches.push_back(vec![event]);
            }
        }
    }
    batches
}

/// Sent in halves, a batch that was refused for one event is refused for that event alone.
fn in_halves<'e>(mut batch: Vec<Written<'e>>, batches: &mut VecDeque<Vec<Written<'e>>>) {
    let second = batch.split_off(batch.len() / 2);
    batches.push_front(second);
    batches.push_front(batch);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(length: usize, count: usize) -> Written<'static> {
        Written { place: 0, customer_id: "acme", calls: "x".repeat(length), count }
    }

    fn sizes(events: Vec<Written<'_>>) -> Vec<usize> {
        batches(events).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_batch_is_as_large_as_the_limits_allow() {
        // 12 bytes around them, and a comma between any two.
        let half = (LONGEST_BATCH - 12 - 1) / 2;
        assert_eq!(sizes(vec![written(half, 1), written(half, 1)]), [2]);
        assert_eq!(sizes(vec![written(half, 1), written(half + 2, 1)]), [1, 1]);
        assert_eq!(sizes((0..2_501).map(|_| written(10, 1)).collect()), [2_500, 1]);
        assert_eq!(sizes((0..1_251).map(|_| written(10, 2)).collect()), [1_250, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }
}
