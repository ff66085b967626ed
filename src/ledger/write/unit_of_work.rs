//! Unit of work: everything that a batch of commands changes, in memory. Each command is decided on the customers as the
//! commands before it leave them; nothing is stored yet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};

use crate::bug;
use crate::bug::Bug;
use crate::domain::actor::Actor;
use crate::domain::error::DomainError;
use crate::domain::facts::fact::Fact;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::audit::AuditRecord;
use crate::domain::journal::entry::{Entry, Sequence, Version};
use crate::ledger::command::{Command, MAX_RETURNED_ENTRIES, Mode, RecordOutcome, Recorded};
use crate::ledger::error::RecordError;
use crate::ledger::write::audit_record::audit_record;
use crate::ledger::write::customer_state::CustomerState;
use crate::ledger::write::decide::{Decision, IndexedFact, decide, decide_leniently, derive};
use crate::ledger::write::due_events::{DueEvents, outbox_event};
use crate::ledger::write::entry_builder::{EntryBuilder, placeholder_index};
use crate::store::events::outbox::NewEvent;
use crate::store::facts::customer::Touch;
use crate::store::facts::fact::NewFact;
use crate::store::totals::customer_total::CustomerTotals;

/// All changes of a batch.
pub(in crate::ledger) struct UnitOfWork<'c> {
    tenant_id: &'c TenantId,
    now: DateTime<Utc>,
    /// State after the commands so far.
    customers: BTreeMap<CustomerId, CustomerState>,
    /// Versions that changed customers had before the batch.
    previous_versions: BTreeMap<CustomerId, Version>,
    pub facts: Vec<NewFact<'c>>,
    /// Their sequences are −1, −2, … until [`UnitOfWork::number_entries`].
    pub entries: Vec<Entry>,
    /// Changes of the totals of customers.
    pub customer_totals: CustomerTotals,
    pub events: Vec<NewEvent>,
    pub audit_records: Vec<AuditRecord>,
    replies: Vec<PendingReply>,
}

/// A recording of one customer, by its version.
pub(in crate::ledger) type Recording = (CustomerId, Version);

/// Reply to a command whose entries have no number yet.
struct PendingReply {
    result: Result<Recorded, RecordError>,
    /// Range of the command's entries among those of the unit of work.
    entries: Range<usize>,
    repeated: BTreeSet<Recording>,
}

/// Reply to a command.
pub(in crate::ledger) struct Reply {
    pub result: Result<Recorded, RecordError>,
    /// Earlier recordings of the facts that the command repeats.
    pub repeated: BTreeSet<Recording>,
}

/// Changes of one customer by one command.
struct CustomerChange<'c> {
    customer_id: &'c CustomerId,
    version: Version,
    facts: Vec<&'c Fact>,
    entries: Vec<Entry>,
    due_events: DueEvents,
    actor: &'c Actor,
}

impl<'c> UnitOfWork<'c> {
    /// Unit of work on the customers of all commands to come.
    pub fn new(tenant_id: &'c TenantId, customers: BTreeMap<CustomerId, CustomerState>, now: DateTime<Utc>) -> Self {
        Self {
            tenant_id,
            now,
            customers,
            previous_versions: BTreeMap::new(),
            facts: Vec::new(),
            entries: Vec::new(),
            customer_totals: CustomerTotals::default(),
            events: Vec::new(),
            audit_records: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Decides a command. A refused command or a preview changes nothing.
    pub fn add_command(&mut self, command: &'c Command) -> Result<(), Bug> {
        let start = self.entries.len();
        let mut repeated = BTreeSet::new();
        let result = match self.decide(command, &mut repeated) {
            Ok((mut recorded, changes)) => {
                recorded.new_entries = changes.iter().map(|change| change.entries.len()).sum();
                recorded.entry_count = recorded.new_entries;
                if command.mode == Mode::Preview {
                    recorded.entries = changes.into_iter().flat_map(|change| change.entries).collect();
                } else {
                    self.apply(changes)?;
                }
                Ok(recorded)
            }
            Err(error) => Err(error),
        };
        let end = if command.mode == Mode::Strict { self.entries.len() } else { start };
        self.replies.push(PendingReply { result, entries: start..end, repeated });
        Ok(())
    }

    fn decide(
        &self,
        command: &'c Command,
        repeated: &mut BTreeSet<Recording>,
    ) -> Result<(Recorded, Vec<CustomerChange<'c>>), RecordError> {
        let mut recorded = Recorded::of_facts(command.facts.len());
        let mut changes = Vec::new();
        let mut unnumbered = self.entries.len();
        for (customer_id, facts) in group_by_customer(&command.facts) {
            let customer = self.customer(customer_id)?;
            let decision = match command.mode {
                Mode::Strict | Mode::Preview => decide(customer, &facts, self.now)?,
                Mode::Lenient => decide_leniently(customer, &facts, self.now)?,
            };
            recorded.refused.extend(decision.refused);
            for (index, _) in &decision.recorded {
                recorded.set_outcome(*index, RecordOutcome::Recorded)?;
            }
            for (index, version) in &decision.unchanged {
                recorded.set_outcome(*index, RecordOutcome::Unchanged)?;
                if *version <= customer.version && command.mode != Mode::Lenient {
                    repeated.insert((customer_id.clone(), *version));
                }
            }
            if !decision.recorded.is_empty() {
                let builder = EntryBuilder { unnumbered, ..self.entry_builder(customer)? };
                let entries = builder.post(customer, decision.reversals, decision.postings)?;
                unnumbered += entries.len();
                let facts = decision.recorded.into_iter().map(|(_, fact)| fact).collect();
                let (version, due_events, actor) = (builder.version, decision.due_events, &command.actor);
                changes.push(CustomerChange { customer_id, version, facts, entries, due_events, actor });
            }
        }
        if let Some(customer_id) = &command.replay {
            changes.extend(self.replay_customer(customer_id, &command.actor)?);
        }
        if command.mode != Mode::Lenient && !recorded.refused.is_empty() {
            recorded.refused.sort_by_key(|refused| refused.index);
            return Err(RecordError::Refused(recorded.refused));
        }
        Ok((recorded, changes))
    }

    /// A recording without facts, for events that have become due or a policy that has changed.
    fn replay_customer(
        &self,
        customer_id: &'c CustomerId,
        actor: &'c Actor,
    ) -> Result<Option<CustomerChange<'c>>, Bug> {
        let customer = self.customer(customer_id)?;
        if customer.version == 0 {
            return Ok(None);
        }
        let builder = self.entry_builder(customer)?;
        let derived = match derive(customer, &customer.facts, self.now) {
            Ok(derived) => derived,
            // Recorded facts can be replayed. If they cannot, the default has no next event: no attempt again and again.
            Err(DomainError::OutOfRange(error)) => {
                tracing::error!(%customer_id, %error, "customer cannot be replayed");
                Decision::default()
            }
            Err(DomainError::Internal(error)) => return Err(error.into()),
        };
        let entries = builder.post(customer, derived.reversals, derived.postings)?;
        let (version, facts, due_events) = (builder.version, Vec::new(), derived.due_events);
        Ok(Some(CustomerChange { customer_id, version, facts, entries, due_events, actor }))
    }

    /// Moves the postings before a date that are still provisional after today to that date.
    pub fn carry_over(
        &mut self,
        customer_id: &'c CustomerId,
        today: NaiveDate,
        to: NaiveDate,
        actor: &'c Actor,
    ) -> Result<(), Bug> {
        let customer = self.customer(customer_id)?;
        let builder = self.entry_builder(customer)?;
        let (version, entries) = (builder.version, builder.carry_over(customer, today, to)?);
        // Nothing else changes, including the next event.
        let derived = derive(customer, &customer.facts, self.now);
        let due_events =
            derived.map_err(|error| bug!("customer {customer_id} cannot be replayed: {error}"))?.due_events;
        self.apply(vec![CustomerChange { customer_id, version, facts: Vec::new(), entries, due_events, actor }])
    }

    fn customer(&self, customer_id: &CustomerId) -> Result<&CustomerState, Bug> {
        self.customers.get(customer_id).ok_or_else(|| bug!("customer {customer_id} is not loaded"))
    }

    /// Builder for the next recording of a customer.
    fn entry_builder(&self, customer: &CustomerState) -> Result<EntryBuilder, Bug> {
        Ok(EntryBuilder { version: customer.next_version()?, unnumbered: self.entries.len(), now: self.now })
    }

    fn apply(&mut self, changes: Vec<CustomerChange<'c>>) -> Result<(), Bug> {
        for CustomerChange { customer_id, version, facts, entries, due_events, actor } in changes {
            let customer = self.customers.get_mut(customer_id);
            let customer = customer.ok_or_else(|| bug!("customer {customer_id} is not loaded"))?;
            self.previous_versions.entry(customer_id.clone()).or_insert(customer.version);
            customer.version = version;
            if !entries.is_empty() {
                self.customer_totals.take_away(customer.posted_sums());
                customer.apply_entries(&entries);
                self.customer_totals.add(customer.posted_sums());
            }
            self.entries.extend(entries);
            for fact in facts {
                self.audit_records.extend(audit_record(customer.facts.get(&fact.key()).as_ref(), fact, actor));
                customer.insert_fact(fact.clone(), version);
                self.facts.push(NewFact { fact, version });
            }
            for event in &due_events.due {
                let event = outbox_event(self.tenant_id, customer_id, &customer.facts, &customer.books.policy, event);
                customer.event_keys.insert(event.key.clone());
                self.events.push(event);
            }
            customer.next_event_at = due_events.next_at;
        }
        Ok(())
    }

    /// Tells whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.previous_versions.is_empty()
    }

    /// Rows of the customers that change, by id.
    pub fn touches(&self) -> Result<Vec<Touch<'_>>, Bug> {
        let mut touches = Vec::with_capacity(self.previous_versions.len());
        for (customer_id, from) in &self.previous_versions {
            let customer = self.customer(customer_id)?;
            touches.push(Touch {
                customer_id,
                from: *from,
                to: customer.version,
                next_event_at: customer.next_event_at,
                books_version: customer.books.version,
            });
        }
        Ok(touches)
    }

    /// Tells whether every customer was read under this version of the books.
    pub fn has_books_version(&self, version: i64) -> bool {
        self.customers.values().all(|customer| customer.books.version == version)
    }

    /// Customers that were decided on and do not change, with the version on which the decision rests.
    pub fn unchanged_customers(&self) -> BTreeMap<&CustomerId, Version> {
        let unchanged = self.customers.iter().filter(|(id, _)| !self.previous_versions.contains_key(*id));
        unchanged.map(|(id, customer)| (id, customer.version)).collect()
    }

    /// Replaces the placeholders of the entries by their sequences in the journal.
    pub fn number_entries(&mut self, sequences: &[Sequence]) -> Result<(), Bug> {
        let number = |sequence: &mut Sequence| -> Result<(), Bug> {
            if let Some(index) = placeholder_index(*sequence) {
                let numbered = sequences.get(index);
                *sequence = *numbered.ok_or_else(|| bug!("entry {index} of {} taken sequences", sequences.len()))?;
            }
            Ok(())
        };
        for entry in &mut self.entries {
            number(&mut entry.sequence)?;
            entry.reverses.iter_mut().try_for_each(number)?;
        }
        for entry in self.customers.values_mut().flat_map(|customer| &mut customer.live_entries) {
            number(&mut entry.sequence)?;
        }
        for recorded in self.replies.iter_mut().filter_map(|reply| reply.result.as_mut().ok()) {
            for entry in &mut recorded.entries {
                // An entry of a preview is not in the journal.
                entry.sequence = 0;
                entry.reverses.iter_mut().try_for_each(number)?;
            }
        }
        Ok(())
    }

    /// The customers after the batch, and the replies to its commands.
    pub fn finish(self) -> Result<(BTreeMap<CustomerId, CustomerState>, Vec<Reply>), Bug> {
        let all = self.entries;
        let reply = |PendingReply { mut result, entries, repeated }| {
            if let Ok(recorded) = &mut result {
                let count = all.len();
                let own = all.get(entries.clone()).ok_or_else(|| bug!("entries {entries:?} of {count}"))?;
                recorded.entries.extend(own.iter().cloned());
                recorded.entries.truncate(MAX_RETURNED_ENTRIES);
            }
            Ok(Reply { result, repeated })
        };
        Ok((self.customers, self.replies.into_iter().map(reply).collect::<Result<_, Bug>>()?))
    }
}

fn group_by_customer(facts: &[Fact]) -> BTreeMap<&CustomerId, Vec<IndexedFact<'_>>> {
    let mut by_customer: BTreeMap<&CustomerId, Vec<IndexedFact<'_>>> = BTreeMap::new();
    for (index, fact) in facts.iter().enumerate() {
        by_customer.entry(fact.customer_id()).or_default().push((index, fact));
    }
    by_customer
}
