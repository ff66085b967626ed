//! What a batch of requests comes to, in memory: each request is decided on what those before it left. Nothing is
//! stored yet.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::announce::{Announcement, announce, to_send};
use super::decide::{Decision, Numbered, decide, decide_leniently};
use super::error::RecordError;
use super::job::{MAX_GIVEN, Mode, Outcome, Recorded, Request};
use super::known::Known;
use crate::domain::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::movement::Movement;
use crate::domain::replay::replay;
use crate::store::customer::{Touch, Version};
use crate::store::entry::{Entry, Sequence};
use crate::store::fact::NewFact;
use crate::store::outbox::NewEvent;

/// A batch, decided.
pub(super) struct Draft<'r> {
    tenant_id: &'r TenantId,
    now: DateTime<Utc>,
    /// As they are after the requests so far.
    customers: BTreeMap<CustomerId, Known>,
    /// The versions that changed customers had before.
    from: BTreeMap<CustomerId, Version>,
    pub facts: Vec<NewFact<'r>>,
    /// Their sequences are −1, −2, … until [`Draft::number`].
    pub entries: Vec<Entry>,
    pub events: Vec<NewEvent>,
    answers: Vec<Answer>,
}

/// What a request is to be told.
struct Answer {
    result: Result<Recorded, RecordError>,
    /// Its entries among those of the draft.
    entries: Range<usize>,
    /// The recordings that its repeats go back to.
    repeats: BTreeSet<(CustomerId, Version)>,
}

/// What a request is told, and the recordings that its repeats go back to.
pub(super) type Told = (Result<Recorded, RecordError>, BTreeSet<(CustomerId, Version)>);

/// What a request changes of one customer.
struct Change<'r> {
    customer_id: &'r CustomerId,
    version: Version,
    facts: Vec<&'r Fact>,
    entries: Vec<Entry>,
    announcement: Announcement,
}

impl<'r> Draft<'r> {
    /// A draft on these customers: everyone whom the requests are about.
    pub fn new(tenant_id: &'r TenantId, customers: BTreeMap<CustomerId, Known>, now: DateTime<Utc>) -> Self {
        let (from, facts, entries) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { tenant_id, now, customers, from, facts, entries, events: Vec::new(), answers: Vec::new() }
    }

    /// Decides a request. Refused or only previewed, it leaves no trace for the next ones.
    pub fn add(&mut self, request: &'r Request) {
        let start = self.entries.len();
        let mut answer = Answer { result: Err(RecordError::Failed), entries: start..start, repeats: BTreeSet::new() };
        answer.result = self.decide(request, &mut answer.repeats).map(|(mut recorded, changes)| {
            recorded.new_entries = changes.iter().map(|change| change.entries.len()).sum();
            recorded.entry_count = recorded.new_entries;
            if request.mode == Mode::Preview {
                recorded.entries = changes.into_iter().flat_map(|change| change.entries).collect();
            } else {
                self.apply(changes);
            }
            recorded
        });
        if request.mode == Mode::Strict {
            answer.entries = start..self.entries.len();
        }
        self.answers.push(answer);
    }

    fn decide(
        &self,
        request: &'r Request,
        repeats: &mut BTreeSet<(CustomerId, Version)>,
    ) -> Result<(Recorded, Vec<Change<'r>>), RecordError> {
        let mut recorded = Recorded { outcomes: vec![None; request.facts.len()], ..Recorded::default() };
        let mut changes = Vec::new();
        let mut unnumbered = self.entries.len();
        for (customer_id, facts) in by_customer(&request.facts) {
            // Everyone was read, with the policy of the books: there is no default for it.
            let known = self.customers.get(customer_id).ok_or(RecordError::Failed)?;
            let (decision, problems) = match request.mode {
                Mode::Strict | Mode::Preview => decide(known, &facts, self.now)
                    .map_or_else(|problems| (Decision::default(), problems), |decision| (decision, Vec::new())),
                Mode::Lenient => decide_leniently(known, &facts, self.now),
            };
            recorded.refused.extend(problems);
            for (index, _) in &decision.recorded {
                recorded.set(*index, Outcome::Recorded);
            }
            for (index, version) in &decision.unchanged {
                recorded.set(*index, Outcome::Unchanged);
                if *version <= known.version && request.mode != Mode::Lenient {
                    repeats.insert((customer_id.clone(), *version));
                }
            }
            if !decision.recorded.is_empty() {
                let version = known.version.saturating_add(1);
                let entries = self.entries_of(decision.reversals, decision.postings, known, version, unnumbered)?;
                unnumbered = unnumbered.saturating_add(entries.len());
                let facts = decision.recorded.into_iter().map(|(_, fact)| fact).collect();
                let announcement = decision.announcement;
                changes.push(Change { customer_id, version, facts, entries, announcement });
            }
        }
        changes.extend(request.due.as_ref().and_then(|customer_id| self.remind(customer_id)));
        if request.mode != Mode::Lenient && !recorded.refused.is_empty() {
            recorded.refused.sort_by_key(|problem| problem.index);
            return Err(RecordError::Problems(recorded.refused));
        }
        Ok((recorded, changes))
    }

    /// A recording without facts: the time has come for events.
    fn remind(&self, customer_id: &'r CustomerId) -> Option<Change<'r>> {
        let known = self.customers.get(customer_id).filter(|known| known.version > 0)?;
        let version = known.version.saturating_add(1);
        // What was recorded can be derived. If it cannot, there is nothing to remind of, again and again.
        let announcement = replay(&known.facts, &known.policy)
            .and_then(|replayed| announce(known, &known.facts, &replayed, self.now))
            .inspect_err(|error| tracing::error!(%customer_id, %error, "the events of a customer cannot be derived"))
            .unwrap_or_default();
        Some(Change { customer_id, version, facts: Vec::new(), entries: Vec::new(), announcement })
    }

    /// R16: reversals first, then the new movements.
    fn entries_of(
        &self,
        reversals: Vec<Sequence>,
        postings: Vec<Movement>,
        known: &Known,
        version: Version,
        unnumbered: usize,
    ) -> Result<Vec<Entry>, RecordError> {
        let mut changes = Vec::with_capacity(reversals.len().saturating_add(postings.len()));
        let reversals: HashSet<Sequence> = reversals.into_iter().collect();
        for entry in known.live.iter().filter(|entry| reversals.contains(&entry.sequence)) {
            // The one amount without an opposite is beyond what a replay gives.
            let movement = entry.movement.reversed().map_err(|_| RecordError::Failed)?;
            changes.push((Some(entry.sequence), movement));
        }
        changes.extend(postings.into_iter().map(|movement| (None, movement)));
        let entries = changes.into_iter().enumerate().map(|(place, (reverses, movement))| Entry {
            sequence: place_holder(unnumbered.saturating_add(place)),
            version,
            recorded_at: self.now,
            posting_date: movement.effective_date,
            reverses,
            movement,
        });
        Ok(entries.collect())
    }

    fn apply(&mut self, changes: Vec<Change<'r>>) {
        for Change { customer_id, version, facts, entries, announcement } in changes {
            // Decided on, so known.
            let Some(known) = self.customers.get_mut(customer_id) else { continue };
            self.from.entry(customer_id.clone()).or_insert(known.version);
            known.version = version;
            known.post(&entries);
            self.entries.extend(entries);
            for fact in facts {
                known.insert(fact.clone(), version);
                self.facts.push(NewFact { fact, version });
            }
            for event in &announcement.due {
                let event = to_send(self.tenant_id, customer_id, &known.facts, &known.policy, event);
                known.sent.insert(event.key.clone());
                self.events.push(event);
            }
            known.next_event_at = announcement.next_at;
        }
    }

    /// Whether nothing is to be stored.
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }

    /// The customers whose rows change, by id.
    pub fn touches(&self) -> Vec<Touch<'_>> {
        let known = self.from.iter().filter_map(|(id, from)| Some((id, *from, self.customers.get(id)?)));
        let touch = known.map(|(customer_id, from, known)| Touch {
            customer_id,
            from,
            to: known.version,
            next_event_at: known.next_event_at,
        });
        touch.collect()
    }

    /// The customers on whom something was decided, although nothing of them changes; with the version that they had.
    pub fn untouched(&self) -> BTreeMap<&CustomerId, Version> {
        let untouched = self.customers.iter().filter(|(id, _)| !self.from.contains_key(*id));
        untouched.map(|(id, known)| (id, known.version)).collect()
    }

    /// Gives the entries their places in the journal.
    pub fn number(&mut self, numbers: &[Sequence]) {
        let number = |sequence: &mut Sequence| {
            let place =
                sequence.checked_add(1).and_then(i64::checked_neg).and_then(|place| usize::try_from(place).ok());
            if let Some(number) = place.and_then(|place| numbers.get(place)) {
                *sequence = *number;
            }
        };
        for entry in &mut self.entries {
            number(&mut entry.sequence);
            entry.reverses.iter_mut().for_each(number);
        }
        for entry in self.customers.values_mut().flat_map(|known| &mut known.live) {
            number(&mut entry.sequence);
        }
        for recorded in self.answers.iter_mut().filter_map(|answer| answer.result.as_mut().ok()) {
            for entry in &mut recorded.entries {
                // What is not stored has no place.
                entry.sequence = 0;
                entry.reverses.iter_mut().for_each(number);
            }
        }
    }

    /// The customers as they are now, and what each request is told.
    pub fn finish(self) -> (BTreeMap<CustomerId, Known>, Vec<Told>) {
        let entries = self.entries;
        let told = self.answers.into_iter().map(|Answer { result, entries: own, repeats }| {
            let result = result.map(|mut recorded| {
                let own = entries.get(own).unwrap_or_default();
                recorded.entries.extend(own.iter().cloned());
                recorded.entries.truncate(MAX_GIVEN);
                recorded
            });
            (result, repeats)
        });
        (self.customers, told.collect())
    }
}

/// The sequence of an entry that has no number yet.
fn place_holder(place: usize) -> Sequence {
    i64::try_from(place).unwrap_or(i64::MAX).saturating_neg().saturating_sub(1)
}

fn by_customer(facts: &[Fact]) -> BTreeMap<&CustomerId, Vec<Numbered<'_>>> {
    let mut by_customer: BTreeMap<&CustomerId, Vec<Numbered<'_>>> = BTreeMap::new();
    for numbered in facts.iter().enumerate() {
        by_customer.entry(numbered.1.customer_id()).or_default().push(numbered);
    }
    by_customer
}
