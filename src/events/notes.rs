//! What became of the events of a batch, and what is to be noted of it.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::backoff;
use super::sink::Outcome;
use crate::domain::ids::CustomerId;
use crate::form::envelope::Envelope;
use crate::store::delivery::Delivery;
use crate::store::entry::Sequence;
use crate::store::kissmetrics::Wanted;

/// An event that fails for so long is given up.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(80);

/// An event to try, as it waits apart or as it comes from the outbox.
#[derive(Debug)]
pub(super) struct Try {
    pub delivery: Delivery,
    /// Whether it waits apart already.
    pub is_apart: bool,
    pub envelope: Envelope,
}

/// What is to be noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// To be put aside, or tried once more.
    pub apart: Vec<Delivery>,
    /// Not apart any more.
    pub done: Vec<Sequence>,
    pub delivered: usize,
    pub failing: BTreeSet<CustomerId>,
    pub retry_after: Option<Duration>,
    pub disabled: Option<String>,
}

impl Try {
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            sequence: self.delivery.sequence,
            identity: &self.envelope.identity,
            second: self.envelope.timestamp.timestamp(),
        }
    }
}

impl Notes {
    pub fn add(&mut self, Try { mut delivery, is_apart, .. }: Try, outcome: Outcome, now: DateTime<Utc>) {
        match outcome {
            Outcome::Delivered => {
                self.delivered = self.delivered.saturating_add(1);
                if is_apart {
                    self.done.push(delivery.sequence);
                }
                return;
            }
            Outcome::Held if is_apart => return,
            Outcome::Held => {}
            Outcome::Failed { reason, retry_after } => {
                self.failing.insert(delivery.customer_id.clone());
                self.retry_after = self.retry_after.max(retry_after);
                delivery.attempt(now, reason);
                let first = delivery.first_tried_at.unwrap_or(now);
                delivery.is_dead = now.signed_duration_since(first) > GIVE_UP_AFTER;
                delivery.next_at = later(now, backoff::before_retry(delivery.attempts, delivery.sequence));
            }
            Outcome::Refused { reason } => {
                // Whoever refuses one event may well take others.
                delivery.attempt(now, reason);
                delivery.is_dead = true;
            }
            Outcome::Disabled { reason } => self.disabled = Some(reason),
        }
        self.apart.push(delivery);
    }
}

impl Delivery {
    fn attempt(&mut self, now: DateTime<Utc>, reason: String) {
        self.attempts = self.attempts.saturating_add(1);
        self.first_tried_at = self.first_tried_at.or(Some(now));
        self.reason = reason;
    }
}

pub(super) fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
    now.checked_add_signed(wait).unwrap_or(now)
}
