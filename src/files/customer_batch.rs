//! Facts of one customer, each with its position in the inputs.

use crate::codec::validation::Violation;
use crate::domain::facts::customer_facts::CustomerFacts;
use crate::domain::facts::fact::{Fact, FactKey, Revision};
use crate::domain::ids::CustomerId;
use crate::files::parsed_fact::Place;

/// Fact with its position.
#[derive(Debug, Clone)]
pub struct LocatedFact {
    /// The file, by its place among the inputs.
    pub file: usize,
    pub place: Place,
    pub fact: Fact,
}

/// Violation with its position.
#[derive(Debug, Clone)]
pub struct LocatedViolation {
    /// The file, by its place among the inputs.
    pub file: usize,
    pub line: u64,
    pub violation: Violation,
}

/// A customer's facts, complete.
#[derive(Debug)]
pub struct Customer {
    pub customer_id: CustomerId,
    pub facts: CustomerFacts,
    /// Of the first fact.
    pub file: usize,
    pub first_line: u64,
    /// By key, revision and position in `places`.
    keys: Vec<(FactKey, Revision, usize)>,
    /// Of the facts as they came: the file, and the place in it.
    places: Vec<(usize, Place)>,
}

impl Customer {
    /// Assembles the facts of one customer; None without facts.
    ///
    /// # Errors
    /// R17: one revision of a fact with two contents.
    pub fn of(located: Vec<LocatedFact>) -> Result<Option<Self>, Vec<LocatedViolation>> {
        let Some(first) = located.iter().min_by_key(|located| (located.file, located.place.line)) else {
            return Ok(None);
        };
        let keys = located
            .iter()
            .enumerate()
            .map(|(position, located)| (located.fact.key(), located.fact.revision(), position));
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        let contradictions = contradictions(&located, &keys);
        if !contradictions.is_empty() {
            return Err(contradictions);
        }
        let mut customer = Self {
            customer_id: first.fact.customer_id().clone(),
            facts: CustomerFacts::default(),
            file: first.file,
            first_line: first.place.line,
            keys,
            places: Vec::with_capacity(located.len()),
        };
        for LocatedFact { file, place, fact } in located {
            customer.places.push((file, place));
            customer.facts.insert(fact);
        }
        Ok(Some(customer))
    }

    /// The file and the place of a fact, in the revision that counts.
    #[must_use]
    pub fn place(&self, key: &FactKey) -> Option<(usize, &Place)> {
        let end = self.keys.partition_point(|(known, ..)| known <= key);
        let (known, _, position) = self.keys.get(end.checked_sub(1)?)?;
        let (file, place) = self.places.get(*position).filter(|_| known == key)?;
        Some((*file, place))
    }
}

/// Facts whose content differs from the first one with the same key and revision.
fn contradictions(located: &[LocatedFact], keys: &[(FactKey, Revision, usize)]) -> Vec<LocatedViolation> {
    let mut found = Vec::new();
    for same in keys.chunk_by(|a, b| (&a.0, a.1) == (&b.0, b.1)) {
        let mut facts = same.iter().filter_map(|(.., position)| located.get(*position));
        let Some(first) = facts.next() else { continue };
        for other in facts.filter(|other| other.fact != first.fact) {
            let (revision, line) = (first.fact.revision(), first.place.line);
            let description = format!("revision {revision} is on line {line} too, with other content");
            let violation = Violation { field: other.place.path.to_string(), description };
            found.push(LocatedViolation { file: other.file, line: other.place.line, violation });
        }
    }
    found
}
