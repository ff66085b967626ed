//! Segment: its HTTP tracking API, <https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/>.
//!
//! A batch has no `sentAt`: Segment would shift the timestamps by the duration of the request, and a retry would not be the
//! same to the byte. Segment deduplicates by `messageId` for about a day.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::SecondsFormat;
use reqwest::{Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::codec::envelope::Envelope;
use crate::events::event_filter::EventFilter;
use crate::events::secret::{ReadSecret, SecretSource};
use crate::events::sink::http::{Http, Timeouts, parse_endpoint, read_key};
use crate::events::sink::properties::{Properties, PropertyNames, number, text};
use crate::events::sink::{DeliveryOutcome, OutgoingEvent};

/// Limits of Segment. It answers 200 to a batch with more calls, and drops those above the limit.
const MAX_CALL_BYTES: usize = 32 << 10;
const MAX_BATCH_BYTES: usize = 500_000;
const MAX_BATCH_CALLS: usize = 2_500;

/// Settings of the sink.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentSettings {
    pub write_key: SecretSource,
    #[serde(default = "default_endpoint")]
    pub endpoint: String,
    /// Adds a `group` call with the state of the customer to each event with MRR.
    #[serde(default)]
    pub group: bool,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn default_endpoint() -> String {
    "https://api.segment.io/v1/batch".to_owned()
}

/// Sink that sends events to Segment.
#[derive(Debug)]
pub struct Segment {
    http: Http,
    write_key: SecretString,
    endpoint: Url,
    group: bool,
    filter: EventFilter,
}

/// An event encoded as calls.
struct EncodedEvent<'e> {
    index: usize,
    customer_id: &'e str,
    /// Calls in JSON, with commas between them.
    calls: String,
    count: usize,
}

impl Segment {
    /// Opens the sink.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn open(
        settings: SegmentSettings,
        filter: EventFilter,
        read: ReadSecret<'_>,
        clock: Clock,
    ) -> Result<Self, String> {
        let names = if settings.group { NAMES_WITH_GROUP } else { NAMES };
        names.check(&filter)?;
        Ok(Self {
            http: Http::open(settings.timeouts, clock)?,
            write_key: read_key("write_key", &settings.write_key, read)?,
            endpoint: parse_endpoint(&settings.endpoint)?,
            group: settings.group,
            filter,
        })
    }

    /// Filter of the events that the sink gets.
    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }

    /// Delivers events, given in the order of the outbox; returns one outcome each.
    pub async fn deliver(&self, events: &[OutgoingEvent]) -> Vec<DeliveryOutcome> {
        let mut outcomes: BTreeMap<usize, DeliveryOutcome> = BTreeMap::new();
        let mut all = Vec::new();
        for (index, event) in events.iter().enumerate() {
            match self.encode(&event.envelope) {
                Ok((calls, count)) => {
                    all.push(EncodedEvent { index, customer_id: &event.envelope.customer_id, calls, count });
                }
                Err(reason) => _ = outcomes.insert(index, DeliveryOutcome::Refused { reason }),
            }
        }
        // Batches are sent one after the other, which keeps each customer's order.
        let mut batches = split_into_batches(all);
        while let Some(batch) = batches.pop_front() {
            match self.send(&batch).await {
                DeliveryOutcome::Refused { .. } if batch.len() > 1 => push_halves(batch, &mut batches),
                outcome @ (DeliveryOutcome::Failed { .. } | DeliveryOutcome::Disabled { .. }) => {
                    // The following batches would fail too, or come before the time to retry.
                    let mut customers = BTreeSet::new();
                    let waiting = batch.iter().chain(batches.iter().flatten());
                    let first = waiting.filter(|event| customers.insert(event.customer_id));
                    outcomes.extend(first.map(|event| (event.index, outcome.clone())));
                    break;
                }
                outcome => outcomes.extend(batch.iter().map(|event| (event.index, outcome.clone()))),
            }
        }
        (0..events.len()).map(|index| outcomes.remove(&index).unwrap_or(DeliveryOutcome::Held)).collect()
    }

    /// Encodes the calls of an event; returns them with their number.
    fn encode(&self, event: &Envelope) -> Result<(String, usize), String> {
        let group = if self.group { TrackingCall::group(event, &self.filter) } else { None };
        let calls: Result<Vec<_>, _> =
            [TrackingCall::track(event, &self.filter)].iter().chain(&group).map(TrackingCall::json).collect();
        let calls = calls?;
        match calls.iter().map(String::len).find(|length| *length > MAX_CALL_BYTES) {
            Some(length) => Err(format!("{length} bytes are more than the {MAX_CALL_BYTES} that Segment accepts")),
            None => Ok((calls.join(","), calls.len())),
        }
    }

    async fn send(&self, batch: &[EncodedEvent<'_>]) -> DeliveryOutcome {
        let calls: Vec<_> = batch.iter().map(|event| event.calls.as_str()).collect();
        let request = self.http.post(&self.endpoint).header(header::CONTENT_TYPE, "application/json");
        let request = request.basic_auth(self.write_key.expose_secret(), Some(""));
        self.http.deliver(request.body(format!("{BEFORE}{}{AFTER}", calls.join(",")))).await
    }
}

/// Text around the calls of a batch.
const BEFORE: &str = r#"{"batch":["#;
const AFTER: &str = "]}";

/// Splits events into as few batches as the limits allow.
fn split_into_batches(events: Vec<EncodedEvent<'_>>) -> VecDeque<Vec<EncodedEvent<'_>>> {
    let empty = BEFORE.len() + AFTER.len();
    let mut batches: VecDeque<Vec<EncodedEvent<'_>>> = VecDeque::new();
    let (mut length, mut count) = (0, 0);
    for event in events {
        // One more for the comma.
        length += event.calls.len() + 1;
        count += event.count;
        match batches.back_mut() {
            Some(batch) if length <= MAX_BATCH_BYTES && count <= MAX_BATCH_CALLS => batch.push(event),
            _ => {
                (length, count) = (empty + event.calls.len(), event.count);
                batches.push_back(vec![event]);
            }
        }
    }
    batches
}

/// Puts the halves of a refused batch first in the queue: sent in ever smaller parts, only the event at fault is refused.
fn push_halves<'e>(mut batch: Vec<EncodedEvent<'e>>, batches: &mut VecDeque<Vec<EncodedEvent<'e>>>) {
    let second = batch.split_off(batch.len() / 2);
    batches.push_front(second);
    batches.push_front(batch);
}

/// Names of properties in the style of the B2B SaaS specification.
pub const NAMES: PropertyNames = PropertyNames {
    account_name: Some("account_name"),
    plan: "plan_name",
    trial_plan: "trial_plan_name",
    trial_start_date: "trial_start_date",
    trial_end_date: "trial_end_date",
    mrr_delta: "mrr_delta",
    mrr: MRR,
    category: "category",
    subcategory: "subcategory",
    quantity_before: "quantity_before",
    quantity_after: "quantity_after",
    effective_date: "effective_date",
    reason: "reason",
    amount: "billing_amount",
    revenue: "revenue",
    description: "billing_description",
    charge_id: Some("charge_id"),
    currency: "currency",
    contracts: "contract_ids",
    traits: &[],
};

/// [`NAMES`], with the traits of groups.
const NAMES_WITH_GROUP: PropertyNames = PropertyNames { traits: &[NAME, PLAN, MRR], ..NAMES };

/// Traits of a group.
const NAME: &str = "name";
const PLAN: &str = "plan";
const MRR: &str = "mrr";

/// Call of Segment's specification, which Intilery shares.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackingCall<'e> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'e str>,
    message_id: String,
    timestamp: String,
    user_id: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'e str>,
    context: Context<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traits: Option<Properties>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'e str>,
    library: Library,
}

#[derive(Debug, Serialize)]
struct Library {
    name: &'static str,
    version: &'static str,
}

const LIBRARY: Library = Library { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

impl<'e> TrackingCall<'e> {
    /// Builds the `track` call of an event.
    #[must_use]
    pub fn track(event: &'e Envelope, filter: &'e EventFilter) -> Self {
        Self {
            r#type: "track",
            event: Some(filter.event_name(event.event)),
            message_id: event.id.clone(),
            timestamp: timestamp(event),
            user_id: &event.identity,
            group_id: None,
            context: Context { group_id: Some(&event.customer_id), library: LIBRARY },
            properties: Some(Properties::of(event, &NAMES, filter)),
            traits: None,
        }
    }

    /// Builds the `group` call of an event with MRR: the customer after the event.
    #[must_use]
    pub fn group(event: &'e Envelope, filter: &EventFilter) -> Option<Self> {
        let mrr = number(Some(event.mrr.clone()?));
        let name = text(event.account_name.clone());
        let traits = [(Some(NAME), name), (Some(PLAN), text(event.plan.clone())), (Some(MRR), mrr)];
        Some(Self {
            r#type: "group",
            event: None,
            message_id: format!("{}-group", event.id),
            timestamp: timestamp(event),
            user_id: &event.identity,
            group_id: Some(&event.customer_id),
            context: Context { group_id: None, library: LIBRARY },
            properties: None,
            traits: Some(Properties::selected(filter, traits)),
        })
    }

    /// Encodes the call as JSON.
    ///
    /// # Errors
    /// A value that JSON cannot represent.
    pub fn json(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|error| format!("it cannot be encoded as JSON: {error}"))
    }
}

fn timestamp(event: &Envelope) -> String {
    event.timestamp.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(length: usize, count: usize) -> EncodedEvent<'static> {
        EncodedEvent { index: 0, customer_id: "acme", calls: "x".repeat(length), count }
    }

    fn sizes(events: Vec<EncodedEvent<'_>>) -> Vec<usize> {
        split_into_batches(events).iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_are_as_large_as_the_limits_allow() {
        // 12 bytes around them, and a comma between any two.
        let half = (MAX_BATCH_BYTES - 12 - 1) / 2;
        assert_eq!(sizes(vec![encoded(half, 1), encoded(half, 1)]), [2]);
        assert_eq!(sizes(vec![encoded(half, 1), encoded(half + 2, 1)]), [1, 1]);
        assert_eq!(sizes((0..2_501).map(|_| encoded(10, 1)).collect()), [2_500, 1]);
        assert_eq!(sizes((0..1_251).map(|_| encoded(10, 2)).collect()), [1_250, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }
}
