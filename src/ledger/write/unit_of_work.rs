//! What a batch of requests comes to, in memory: each request is decided on what those before it left. Nothing is
//! stored yet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::actor::Actor;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::NewAudit;
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::ledger::command::{MAX_GIVEN, Mode, Outcome, Recorded, Request};
use crate::ledger::error::RecordError;
use crate::ledger::write::audit_record::audit_of;
use crate::ledger::write::customer_state::CustomerState;
use crate::ledger::write::decide::{Decision, Numbered, decide, decide_leniently, derive};
use crate::ledger::write::due_events::{Announcement, to_send};
use crate::ledger::write::entry_builder::Place;
use crate::store::events::outbox::NewEvent;
use crate::store::facts::customer::Touch;
use crate::store::facts::fact::NewFact;
use crate::store::totals::customer_total::CustomerTotals;

/// A batch, decided.
pub(in crate::ledger) struct Draft<'r> {
    tenant_id: &'r TenantId,
    now: DateTime<Utc>,
    /// As they are after the requests so far.
    customers: BTreeMap<CustomerId, CustomerState>,
    /// The versions that changed customers had before.
    from: BTreeMap<CustomerId, Version>,
    pub facts: Vec<NewFact<'r>>,
    /// Their sequences are −1, −2, … until [`Draft::number`].
    pub entries: Vec<Entry>,
    /// What changes of who is a customer.
    pub customer_totals: CustomerTotals,
    pub events: Vec<NewEvent>,
    pub audits: Vec<NewAudit>,
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
pub(in crate::ledger) type Told = (Result<Recorded, RecordError>, BTreeSet<(CustomerId, Version)>);

/// What a request changes of one customer.
struct Change<'r> {
    customer_id: &'r CustomerId,
    version: Version,
    facts: Vec<&'r Fact>,
    entries: Vec<Entry>,
    announcement: Announcement,
    author: &'r Actor,
}

impl<'r> Draft<'r> {
    /// A draft on these customers: everyone whom the requests are about.
    pub fn new(tenant_id: &'r TenantId, customers: BTreeMap<CustomerId, CustomerState>, now: DateTime<Utc>) -> Self {
        let (from, facts, entries) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (events, audits, answers) = (Vec::new(), Vec::new(), Vec::new());
        let customer_totals = CustomerTotals::default();
        Self { tenant_id, now, customers, from, facts, entries, customer_totals, events, audits, answers }
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
                let place = Place { unnumbered, ..self.place(known) };
                let (version, entries) = (place.version, place.posted(known, decision.reversals, decision.postings)?);
                unnumbered = unnumbered.saturating_add(entries.len());
                let facts = decision.recorded.into_iter().map(|(_, fact)| fact).collect();
                let (announcement, author) = (decision.announcement, &request.author);
                changes.push(Change { customer_id, version, facts, entries, announcement, author });
            }
        }
        if let Some(customer_id) = &request.again {
            changes.extend(self.derive_again(customer_id, &request.author)?);
        }
        if request.mode != Mode::Lenient && !recorded.refused.is_empty() {
            recorded.refused.sort_by_key(|problem| problem.index);
            return Err(RecordError::Problems(recorded.refused));
        }
        Ok((recorded, changes))
    }

    /// A recording without facts: the time has come for events, or the policy is another.
    fn derive_again(&self, customer_id: &'r CustomerId, author: &'r Actor) -> Result<Option<Change<'r>>, RecordError> {
        let Some(known) = self.customers.get(customer_id).filter(|known| known.version > 0) else { return Ok(None) };
        let place = self.place(known);
        // What was recorded can be derived. If it cannot, there is nothing to do, again and again.
        let derived = derive(known, &known.facts, self.now)
            .inspect_err(|error| tracing::error!(%customer_id, %error, "a customer cannot be derived"))
            .unwrap_or_default();
        let entries = place.posted(known, derived.reversals, derived.postings)?;
        let announcement = derived.announcement;
        Ok(Some(Change { customer_id, version: place.version, facts: Vec::new(), entries, announcement, author }))
    }

    /// Posts what is still provisional after today, and posted before a date, on that date instead.
    pub fn carry_over(
        &mut self,
        customer_id: &'r CustomerId,
        today: NaiveDate,
        to: NaiveDate,
        author: &'r Actor,
    ) -> Result<(), RecordError> {
        let Some(known) = self.customers.get(customer_id) else { return Ok(()) };
        let place = self.place(known);
        let (version, entries) = (place.version, place.carried(known, today, to)?);
        // Nothing else changes: not even when its next event is due.
        let announcement = derive(known, &known.facts, self.now).map_err(|_| RecordError::Failed)?.announcement;
        self.apply(vec![Change { customer_id, version, facts: Vec::new(), entries, announcement, author }]);
        Ok(())
    }

    /// Where the next recording of a customer comes.
    fn place(&self, known: &CustomerState) -> Place {
        Place { version: known.version.saturating_add(1), unnumbered: self.entries.len(), now: self.now }
    }

    fn apply(&mut self, changes: Vec<Change<'r>>) {
        for Change { customer_id, version, facts, entries, announcement, author } in changes {
            // Decided on, so known.
            let Some(known) = self.customers.get_mut(customer_id) else { continue };
            self.from.entry(customer_id.clone()).or_insert(known.version);
            known.version = version;
            if !entries.is_empty() {
                self.customer_totals.take_away(known.posted_sums());
                known.post(&entries);
                self.customer_totals.add(known.posted_sums());
            }
            self.entries.extend(entries);
            for fact in facts {
                self.audits.extend(audit_of(known.facts.get(&fact.key()).as_ref(), fact, author));
                known.insert(fact.clone(), version);
                self.facts.push(NewFact { fact, version });
            }
            for event in &announcement.due {
                let event = to_send(self.tenant_id, customer_id, &known.facts, &known.books.policy, event);
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
            books_version: known.books.version,
        });
        touch.collect()
    }

    /// Whether everybody was read under this version of the books.
    pub fn is_of_books(&self, version: i64) -> bool {
        self.customers.values().all(|known| known.books.version == version)
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
    pub fn finish(self) -> (BTreeMap<CustomerId, CustomerState>, Vec<Told>) {
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

fn by_customer(facts: &[Fact]) -> BTreeMap<&CustomerId, Vec<Numbered<'_>>> {
    let mut by_customer: BTreeMap<&CustomerId, Vec<Numbered<'_>>> = BTreeMap::new();
    for numbered in facts.iter().enumerate() {
        by_customer.entry(numbered.1.customer_id()).or_default().push(numbered);
    }
    by_customer
}
