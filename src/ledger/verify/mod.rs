//! Derives every customer again and compares it with the journal.

pub mod audit_trail;
pub(crate) mod periods;
pub(crate) mod reversals;
pub(crate) mod totals;
pub(crate) mod verify_outbox;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::codec::month::Month;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::journal::correction::correct;
use crate::domain::journal::entry::{Entry, Sequence};
use crate::domain::journal::movement::Movement;
use crate::domain::journal::reconciliation::{closings, untruths};
use crate::domain::policy::Policy;
use crate::domain::replay::replay;
use crate::ledger::verify::audit_trail::verify_trail;
use crate::ledger::verify::periods::{audited_closings, wrong_closings, wrong_periods, wrong_posting_date};
use crate::ledger::verify::reversals::wrong_reversals;
use crate::ledger::verify::totals::AllTotals;
use crate::ledger::verify::verify_outbox::unannounced;
use crate::store::db::{Db, Tx};
use crate::store::error::StoreError;
use crate::store::events::outbox;
use crate::store::facts::customer;
use crate::store::facts::customer::Times;
use crate::store::facts::fact;
use crate::store::facts::fact::StoredFact;
use crate::store::journal;
use crate::store::tenants::closing;
use crate::store::tenants::tenant;

/// Customers that are listed at once.
const PAGE: i64 = 500;

/// What verifying found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verification {
    pub customers: usize,
    pub facts: usize,
    pub entries: usize,
    pub differences: Vec<Difference>,
}

/// Something in the store that the rules do not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// None: in the totals of all customers.
    pub customer_id: Option<CustomerId>,
    pub what: String,
}

/// Everything that the store has of a customer.
#[derive(Debug, Default)]
struct Books {
    facts: Vec<StoredFact>,
    entries: Vec<Entry>,
    /// The keys of the events in the outbox.
    events: BTreeSet<String>,
    times: Option<Times>,
}

/// Verifies every customer of a tenant: the journal is what a replay gives, reversals cancel exactly, MRR is the sum of
/// the movements at both levels (R14), and so the levels agree; every event that was due is in the outbox (R18); and the
/// totals are what the journal comes to. Sees one state of the store throughout. `progress` is told of each customer.
pub async fn verify(db: &Db, tenant_id: &TenantId, mut progress: impl FnMut()) -> Result<Verification, StoreError> {
    let mut found = Verification::default();
    let mut totals = AllTotals::default();
    let mut after = None;
    let mut tx = db.read().await?;
    let state = tenant::books(&mut tx, tenant_id).await?;
    let history = closing::all(&mut tx, tenant_id).await?;
    let ever_closed: BTreeSet<Month> = history.iter().map(|closing| Month::of(closing.month)).collect();
    loop {
        let page = customer::page(&mut tx, tenant_id, after.as_ref(), PAGE).await?;
        let mut all = books(&mut tx, tenant_id, &page).await?;
        for customer_id in &page {
            found.customers = found.customers.saturating_add(1);
            let differences = match all.remove(customer_id).unwrap_or_else(|| Ok(Books::default())) {
                Ok(books) => {
                    found.facts = found.facts.saturating_add(books.facts.len());
                    found.entries = found.entries.saturating_add(books.entries.len());
                    totals.add_customer(&books.entries);
                    check(books, &state.policy, &ever_closed)
                }
                Err(error) => vec![error.to_string()],
            };
            let of_customer = |what| Difference { customer_id: Some(customer_id.clone()), what };
            found.differences.extend(differences.into_iter().map(of_customer));
            progress();
        }
        match page.last() {
            Some(last) => after = Some(last.clone()),
            None => break,
        }
    }
    let without_row = customer::missing(&mut tx, tenant_id, PAGE).await?;
    let what = || "has facts or movements, but is not among the customers".to_owned();
    found.differences.extend(without_row.into_iter().map(|id| Difference { customer_id: Some(id), what: what() }));
    let stored = AllTotals::read(&mut tx, tenant_id).await?;
    let of_all = |what| Difference { customer_id: None, what };
    found.differences.extend(totals.differences(&stored).into_iter().map(of_all));
    found.differences.extend(wrong_periods(&state, &history, &totals.amounts.months).into_iter().map(of_all));
    let audited = audited_closings(&mut tx, tenant_id).await?;
    found.differences.extend(wrong_closings(&history, &audited).into_iter().map(of_all));
    let trail = verify_trail(&mut tx, tenant_id, None).await?;
    found.differences.extend(trail.problem.map(|problem| of_all(format!("the audit trail: {problem}"))));
    Ok(found)
}

/// The books of some customers. One customer that cannot be read does not hide the others.
async fn books(
    tx: &mut Tx,
    tenant_id: &TenantId,
    page: &[CustomerId],
) -> Result<BTreeMap<CustomerId, Result<Books, StoreError>>, StoreError> {
    let customers: Vec<&CustomerId> = page.iter().collect();
    match books_of(tx, tenant_id, &customers).await {
        Ok(all) => Ok(all.into_iter().map(|(id, books)| (id, Ok(books))).collect()),
        Err(StoreError::Corrupt { .. }) => {
            let mut each = BTreeMap::new();
            for customer_id in page {
                let books = match books_of(tx, tenant_id, &[customer_id]).await {
                    Ok(mut of_one) => Ok(of_one.remove(customer_id).unwrap_or_default()),
                    Err(error @ StoreError::Corrupt { .. }) => Err(error),
                    Err(error) => return Err(error),
                };
                each.insert(customer_id.clone(), books);
            }
            Ok(each)
        }
        Err(error) => Err(error),
    }
}

async fn books_of(
    tx: &mut Tx,
    tenant_id: &TenantId,
    customers: &[&CustomerId],
) -> Result<BTreeMap<CustomerId, Books>, StoreError> {
    let mut all: BTreeMap<CustomerId, Books> = BTreeMap::new();
    for stored in fact::of_customers(tx, tenant_id, customers).await? {
        all.entry(stored.fact.customer_id().clone()).or_default().facts.push(stored);
    }
    for entry in journal::of_customers(tx, tenant_id, customers).await? {
        all.entry(entry.movement.customer_id.clone()).or_default().entries.push(entry);
    }
    for (customer_id, key) in outbox::keys(tx, tenant_id, customers).await? {
        all.entry(customer_id).or_default().events.insert(key);
    }
    for (customer_id, times) in customer::times(tx, tenant_id, customers).await? {
        all.entry(customer_id).or_default().times = Some(times);
    }
    Ok(all)
}

/// The entries that count: neither reversals nor reversed.
fn live(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let reversed: HashSet<Sequence> = entries.iter().filter_map(|entry| entry.reverses).collect();
    entries.iter().filter(move |entry| entry.reverses.is_none() && !reversed.contains(&entry.sequence))
}

/// What is wrong with one customer's journal.
fn check(books: Books, policy: &Policy, ever_closed: &BTreeSet<Month>) -> Vec<String> {
    let Books { facts, entries, events, times } = books;
    let facts: CustomerFacts = facts.into_iter().map(|stored| stored.fact).collect();
    let mut differences = wrong_reversals(&entries);
    differences.extend(entries.iter().filter_map(|entry| wrong_posting_date(entry, ever_closed)));
    let live: Vec<(Sequence, &Movement)> = live(&entries).map(|entry| (entry.sequence, &entry.movement)).collect();
    match (replay(&facts, policy), closings(&facts)) {
        (Ok(replayed), Ok(closings)) => {
            let correction = correct(&live, &replayed.movements);
            for sequence in correction.reversals {
                differences.push(format!("movement {sequence} is in the journal, but the facts do not give it"));
            }
            for movement in correction.postings {
                differences.push(format!(
                    "the facts give {} {} of {} on {}, {}, which the journal does not have",
                    movement.level, movement.subcategory, movement.delta, movement.effective_date, movement.item_id
                ));
            }
            match untruths(live.iter().map(|(_, movement)| *movement), &closings) {
                Ok(untruths) => differences.extend(untruths.iter().map(|it| {
                    format!(
                        "at {} level the movements up to {} come to {} {}, the lines to {}",
                        it.level, it.date, it.movements, it.currency, it.lines
                    )
                })),
                Err(error) => differences.push(error.to_string()),
            }
            match times.map_or(Ok(Vec::new()), |times| unannounced(&replayed, &facts, policy, times, &events)) {
                Ok(unannounced) => differences.extend(unannounced),
                Err(error) => differences.push(error.to_string()),
            }
        }
        (Err(error), _) | (_, Err(error)) => differences.push(error.to_string()),
    }
    differences
}
